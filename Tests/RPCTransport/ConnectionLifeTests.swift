import FieldsealRPC
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import FieldsealRPCTransport

/// Timeouts, draining and the rules of identity, on an embedded loop.
struct ConnectionLifeTests {
    @Test func frameMustArriveInTime() throws {
        let connection = try EmbeddedConnection()
        let bytes = TestFrame.request("Echo", [1, 2, 3], stream: 1)
        try connection.send(Array(bytes.prefix(5)))
        for byte in bytes[5..<10] {
            connection.loop.advanceTime(by: .seconds(5))
            if connection.isOpen { try connection.send([byte]) }
        }
        connection.loop.advanceTime(by: .seconds(6))
        #expect(!connection.isOpen)
    }

    @Test func busyConnectionWithPartialFramesGoesOn() throws {
        let connection = try EmbeddedConnection()
        var rest: [UInt8] = []
        for index in 0..<40 {
            let next = TestFrame.request("Echo", stream: UInt32(2 * index + 1))
            try connection.send(rest + next.prefix(4))
            rest = Array(next.dropFirst(4))
            connection.loop.advanceTime(by: .seconds(5))
        }
        #expect(connection.isOpen)
        #expect(try connection.frames().count == 39)
    }

    @Test func idleConnectionIsClosed() throws {
        let connection = try EmbeddedConnection()
        connection.loop.advanceTime(by: .minutes(14))
        #expect(try connection.call("Echo", stream: 1).count == 1)
        connection.loop.advanceTime(by: .minutes(14))
        #expect(connection.isOpen)
        connection.loop.advanceTime(by: .minutes(2))
        #expect(!connection.isOpen)
    }

    @Test func peerThatDoesNotReadIsClosed() throws {
        let connection = try EmbeddedConnection()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.loop.advanceTime(by: .seconds(29))
        #expect(connection.isOpen)
        connection.loop.advanceTime(by: .seconds(2))
        #expect(!connection.isOpen)
    }

    @Test func peerThatReadsAgainIsKept() throws {
        let connection = try EmbeddedConnection()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.loop.advanceTime(by: .seconds(29))
        connection.channel.isWritable = true
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.loop.advanceTime(by: .seconds(60))
        #expect(connection.isOpen)
    }

    @Test func queuedOutputIsBounded() throws {
        var limits = ServerLimits()
        limits.queuedBytes = 10_000
        let connection = try EmbeddedConnection(gated: true, limits: limits)
        for index in 0..<9 where connection.isOpen {
            connection.gate.hasPending = true
            let payload = [UInt8](repeating: 0, count: 2000)
            #expect(try connection.call("Echo", payload, stream: UInt32(2 * index + 1)).isEmpty)
        }
        #expect(!connection.isOpen)
    }

    @Test func lifetimeEndsWithADrain() throws {
        let connection = try EmbeddedConnection()
        for minute in 0..<59 {
            #expect(try connection.call("Echo", stream: UInt32(2 * minute + 1)).count == 1)
            connection.loop.advanceTime(by: .minutes(1))
        }
        #expect(try connection.call("Later", stream: 1001).isEmpty)
        connection.loop.advanceTime(by: .seconds(61))
        #expect(try connection.call("Echo", stream: 1003).map(\.status?.code) == [.unavailable])
        for reply in connection.service.replies.take() { reply.succeed([1]) }
        #expect(try connection.frames() == [.response(1001, [1])])
        #expect(!connection.isOpen)
    }

    @Test func drainHasAnEnd() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 1).isEmpty)
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.drain)
        #expect(connection.isOpen)
        connection.loop.advanceTime(by: .seconds(12))
        #expect(!connection.isOpen)
        #expect(connection.service.replies.cancelled.load(ordering: .relaxed) == 1)
    }

    @Test func drainClosesAnIdleConnectionAtOnce() throws {
        let connection = try EmbeddedConnection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.drain)
        #expect(!connection.isOpen)
    }

    @Test func connectionEndsWithItsCertificate() throws {
        let connection = try EmbeddedConnection(notValidAfter: 2000)
        connection.clock.now = 1999
        connection.loop.advanceTime(by: .seconds(2))
        #expect(connection.isOpen)
        connection.clock.now = 2000
        connection.loop.advanceTime(by: .seconds(2))
        #expect(!connection.isOpen)
        let refusals = connection.observer.refusals.withLock { $0 }
        #expect(refusals.map(\.cause) == [.expired])
        #expect(refusals.map(\.identity) == [TestAuthority.client] && refusals.allSatisfy(\.identityVerified))
    }

    @Test func recheckClosesADeniedIdentityAndKeepsOthers() throws {
        let connection = try EmbeddedConnection()
        let other = PeerVerifier(role: .client, denied: ["spiffe://test.local/other"])
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.recheck(other, drain: false))
        #expect(connection.isOpen)
        let denying = PeerVerifier(role: .client, denied: [TestAuthority.client])
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.recheck(denying, drain: false))
        #expect(!connection.isOpen)
        #expect(connection.observer.refusals.withLock { $0.map(\.cause) } == [.denied])
    }

    @Test func recheckDrainsWhereTheTrustRootsChanged() throws {
        let connection = try EmbeddedConnection()
        let same = PeerVerifier(role: .client, denied: [])
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.recheck(same, drain: true))
        #expect(!connection.isOpen)
        #expect(connection.observer.refusals.withLock { $0.isEmpty })
    }
}
