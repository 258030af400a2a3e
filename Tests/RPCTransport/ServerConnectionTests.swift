import FieldsealRPC
import NIOCore
import Synchronization
import Testing

@testable import FieldsealRPCTransport

struct ServerConnectionTests {
    @Test func unaryCallIsAnswered() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Echo", [1, 2, 3], stream: 1) == [.response(1, [1, 2, 3])])
        #expect(try connection.call("Echo", [], stream: 3) == [.response(3)])
        #expect(try connection.call("Empty", [9], stream: 5) == [.response(5)])
        let large = [UInt8](repeating: 7, count: 1 << 20)
        #expect(try connection.call("Echo", large, stream: 7) == [.response(7, large)])
    }

    @Test func burstIsAnsweredInOneWrite() throws {
        let connection = try EmbeddedConnection()
        let requests = (0..<100).flatMap { TestFrame.request("Echo", [UInt8($0)], stream: UInt32(2 * $0 + 1)) }
        try connection.send(requests)
        let written = try #require(try connection.channel.readOutbound(as: ByteBuffer.self))
        #expect(TestFrame.parse(Array(written.readableBytesView)).count == 100)
        #expect(try connection.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test(arguments: [1, 3, 9, 10, 11, 64])
    func framesAreCutAnywhere(_ size: Int) throws {
        let connection = try EmbeddedConnection()
        let payloads: [[UInt8]] = (0..<20).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }
        var bytes: [UInt8] = []
        for (index, payload) in payloads.enumerated() {
            bytes += TestFrame.request("Echo", payload, stream: UInt32(2 * index + 1))
        }
        for start in stride(from: 0, to: bytes.count, by: size) {
            try connection.send(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        let expected = payloads.enumerated().map { TestFrame.response(UInt32(2 * $0 + 1), $1) }
        #expect(try connection.frames() == expected)
    }

    @Test func failedCallKeepsNothingOfItsReply() throws {
        let connection = try EmbeddedConnection()
        let frames = try connection.call("Fail", [1, 2], stream: 1)
        #expect(frames == [.response(1, .failedPrecondition("not now"))])
        #expect(try connection.call("Echo", [1], stream: 3) == [.response(3, [1])])
    }

    @Test func brokenProtocolIsAnsweredAndHarmsNoOther() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 5).isEmpty)
        for stream: UInt32 in [0, 2, 3, 1] {
            #expect(try connection.call("Echo", stream: stream).map(\.status?.code) == [.invalidArgument])
        }
        try connection.send(TestFrame.message(9, [1]).bytes)
        #expect(try connection.frames() == [.response(9, .invalidArgument("stream is not open"))])
        try connection.send(TestFrame(stream: 7, kind: .request, body: [0xff]).bytes)
        #expect(try connection.frames() == [.response(7, .invalidArgument("malformed request"))])
        try connection.send(TestFrame(stream: 9, kind: .init(rawValue: 77), body: [1]).bytes)
        #expect(try connection.frames() == [.response(9, .invalidArgument("unknown kind of frame"))])
        try connection.send(TestFrame.request("Echo", stream: 11, flags: .remoteClosed))
        #expect(try connection.frames() == [.response(11, .invalidArgument("flags do not fit the method"))])
        for reply in connection.service.replies.take() { reply.succeed([5]) }
        #expect(try connection.frames() == [.response(5, [5])])
        #expect(connection.isOpen)
    }

    @Test func dataOnAUnaryCallEndsItAndCancels() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 1).isEmpty)
        try connection.send(TestFrame.message(1, [1]).bytes)
        #expect(try connection.frames() == [.response(1, .invalidArgument("data on a stream that takes none"))])
        #expect(connection.service.replies.cancelled.load(ordering: .relaxed) == 1)
        for reply in connection.service.replies.take() { reply.succeed([5]) }
        #expect(try connection.frames().isEmpty)
    }

    @Test(arguments: [UInt32(4_194_305), .max])
    func oversizedFrameIsAnsweredAndEndsTheConnection(_ length: UInt32) throws {
        let connection = try EmbeddedConnection()
        var header = [UInt8](repeating: 0, count: 10)
        header.withUnsafeMutableBytes { FrameHeader(length: length, stream: 1, kind: .request).store(into: $0) }
        try connection.send(header)
        #expect(try connection.frames() == [.response(1, .resourceExhausted("frame over 4 MiB"))])
        #expect(try connection.call("Echo", stream: 3).isEmpty)
        connection.loop.advanceTime(by: .seconds(1))
        #expect(!connection.isOpen)
    }

    @Test func unknownMethodsAreToldAndRefused() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Nothing", stream: 1) == [.response(1, .unknownMethod)])
        try connection.send(TestFrame.request(service: "test.Nothing", "Echo", stream: 3))
        try connection.send(TestFrame.request(service: "test.EchoE", "cho", stream: 5))
        #expect(try connection.frames() == [.response(3, .unknownMethod), .response(5, .unknownMethod)])
        #expect(connection.observer.unknownMethods.load(ordering: .relaxed) == 3)
    }

    @Test func authorizerIsAskedForAllButHealth() throws {
        let connection = try EmbeddedConnection(authorizer: TestAuthorizer(denied: .permissionDenied("no right")))
        #expect(try connection.call("Echo", [1], stream: 1) == [.response(1, .permissionDenied("no right"))])
        try connection.send(TestFrame.request(service: "grpc.health.v1.Health", "Check", stream: 3))
        #expect(try connection.frames() == [.response(3, [8, 1])])
        #expect(connection.authorizer.asked.load(ordering: .relaxed) == 1)
    }

    @Test func healthKnowsItsServices() throws {
        let connection = try EmbeddedConnection()
        let name = Array("test.Echo".utf8)
        try connection.send(
            TestFrame.request(service: "grpc.health.v1.Health", "Check", [0x0a, UInt8(name.count)] + name, stream: 1))
        try connection.send(TestFrame.request(service: "grpc.health.v1.Health", "Check", [0x0a, 1, 0x61], stream: 3))
        try connection.send(TestFrame.request(service: "grpc.health.v1.Health", "Check", [0xff], stream: 5))
        let frames = try connection.frames()
        #expect(frames[0] == .response(1, [8, 1]))
        #expect(frames.dropFirst().map(\.status?.code) == [.notFound, .invalidArgument])
    }
}

struct DeferredReplyTests {
    @Test func deferredCallsAreAnsweredInAnyOrder() throws {
        let connection = try EmbeddedConnection()
        for stream: UInt32 in [1, 3, 5] { #expect(try connection.call("Later", stream: stream).isEmpty) }
        let replies = connection.service.replies.take()
        replies[2].succeed([5])
        replies[0].fail(.unavailable("sealed"))
        replies[0].succeed([1])
        #expect(try connection.frames() == [.response(5, [5]), .response(1, .unavailable("sealed"))])
        replies[1].succeed([3])
        #expect(try connection.frames() == [.response(3, [3])])
    }

    @Test func replyFromWithinTheHandlerIsSent() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Twice", stream: 1) == [.response(1, [1])])
    }

    @Test func abandonedReplyIsInternal() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 1).isEmpty)
        _ = connection.service.replies.take()
        #expect(try connection.frames() == [.response(1, .internal("call abandoned"))])
    }

    @Test func deadlineIsAnsweredByTheServer() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 1, timeout: 1_000_000_000).isEmpty)
        #expect(try connection.call("Later", stream: 3, timeout: 500_000_000).isEmpty)
        connection.loop.advanceTime(by: .milliseconds(499))
        #expect(try connection.frames().isEmpty)
        connection.loop.advanceTime(by: .milliseconds(1))
        #expect(try connection.frames() == [.response(3, .deadlineExceeded)])
        connection.loop.advanceTime(by: .milliseconds(500))
        #expect(try connection.frames() == [.response(1, .deadlineExceeded)])
        #expect(connection.service.replies.cancelled.load(ordering: .relaxed) == 2)
        for reply in connection.service.replies.take() { reply.succeed([1]) }
        #expect(try connection.frames().isEmpty)
    }

    @Test func longestTimeoutIsCut() throws {
        var limits = ServerLimits()
        limits.unaryTimeout = .seconds(10)
        let connection = try EmbeddedConnection(limits: limits)
        #expect(try connection.call("Later", stream: 1, timeout: .max).isEmpty)
        #expect(try connection.call("Later", stream: 3).isEmpty)
        connection.loop.advanceTime(by: .seconds(10))
        #expect(try connection.frames().map(\.status) == [.deadlineExceeded, .deadlineExceeded])
        #expect(try connection.call("Echo", stream: 5, timeout: -1) == [.response(5, .deadlineExceeded)])
    }

    @Test func openCallsAndTheirBytesAreBounded() throws {
        var limits = ServerLimits()
        (limits.streams, limits.deferredBytes) = (3, 1000)
        let connection = try EmbeddedConnection(limits: limits)
        let large = [UInt8](repeating: 0, count: 600)
        #expect(try connection.call("Later", large, stream: 1).isEmpty)
        #expect(try connection.call("Later", large, stream: 3).map(\.status?.code) == [.resourceExhausted])
        #expect(try connection.call("Later", stream: 5).isEmpty)
        #expect(try connection.call("Later", stream: 7).isEmpty)
        #expect(try connection.call("Later", stream: 9).map(\.status?.code) == [.resourceExhausted])
        for reply in connection.service.replies.take() { reply.succeed([]) }
        #expect(try connection.frames().count == 3)
        #expect(try connection.call("Later", large, stream: 11).isEmpty)
    }

    @Test func endOfTheConnectionCancels() throws {
        let connection = try EmbeddedConnection()
        #expect(try connection.call("Later", stream: 1).isEmpty)
        _ = try connection.channel.finish(acceptAlreadyClosed: true)
        #expect(connection.service.replies.cancelled.load(ordering: .relaxed) == 1)
        for reply in connection.service.replies.take() { reply.succeed([1]) }
        connection.loop.run()
    }
}

struct ReplyGateTests {
    @Test func repliesWaitForTheirCommit() throws {
        let connection = try EmbeddedConnection(gated: true)
        connection.gate.hasPending = true
        #expect(try connection.call("Echo", [1], stream: 1).isEmpty)
        #expect(connection.gate.commits.count == 1)
        connection.gate.hasPending = true
        #expect(try connection.call("Echo", [2], stream: 3).isEmpty)
        #expect(try connection.call("Echo", [3], stream: 5).isEmpty)
        #expect(connection.gate.commits.count == 2)
        connection.gate.commits[0](true)
        #expect(try connection.frames() == [.response(1, [1])])
        connection.gate.commits[1](true)
        #expect(try connection.frames() == [.response(3, [2]), .response(5, [3])])
        #expect(try connection.call("Echo", [4], stream: 7) == [.response(7, [4])])
        #expect(connection.gate.commits.count == 2)
    }

    @Test func deferredReplyWaitsForACommitUnderWay() throws {
        let connection = try EmbeddedConnection(gated: true)
        #expect(try connection.call("Later", stream: 1).isEmpty)
        connection.gate.hasPending = true
        for reply in connection.service.replies.take() { reply.succeed([1]) }
        #expect(try connection.frames().isEmpty)
        #expect(connection.gate.commits.count == 1)
        connection.gate.commits[0](true)
        #expect(try connection.frames() == [.response(1, [1])])
    }

    @Test func failedCommitClosesInsteadOfAnswering() throws {
        let connection = try EmbeddedConnection(gated: true)
        connection.gate.hasPending = true
        #expect(try connection.call("Echo", [1], stream: 1).isEmpty)
        connection.gate.commits[0](false)
        #expect(try connection.frames().isEmpty)
        #expect(!connection.isOpen)
    }

    @Test func drainingWaitsForHeldReplies() throws {
        let connection = try EmbeddedConnection(gated: true)
        connection.gate.hasPending = true
        #expect(try connection.call("Echo", [1], stream: 1).isEmpty)
        connection.channel.pipeline.fireUserInboundEventTriggered(ServerEvent.drain)
        #expect(connection.isOpen)
        connection.gate.commits[0](true)
        #expect(try connection.frames() == [.response(1, [1])])
        #expect(!connection.isOpen)
    }
}
