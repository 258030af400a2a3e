import FieldsealRPC
import NIOCore
import NIOEmbedded
import Testing

@testable import FieldsealRPCTransport

/// A client's connection on an embedded loop; the test is the server.
struct ClientConnectionTests {
    /// Writes down what it is told.
    private final class Receiver: RPCReplyReceiver {
        var heard: [String] = []
        func replied(token: UInt64, payload: UnsafeRawBufferPointer) {
            heard.append("\(token) replied \(Array(payload))")
        }
        func failed(token: UInt64, status: RPCStatus) { heard.append("\(token) failed \(status)") }
        func received(token: UInt64, message: UnsafeRawBufferPointer) {
            heard.append("\(token) received \(Array(message))")
        }
        func ended(token: UInt64) { heard.append("\(token) ended") }

        func take() -> [String] {
            defer { heard = [] }
            return heard
        }
    }

    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let client: LoopClient
    private let receiver = Receiver()
    private let clock = TestClock()
    private let path = RequestPath(service: "s", method: "m")

    init() throws {
        channel = EmbeddedChannel(loop: loop)
        let clock = self.clock
        let connection = ClientConnection(
            channel, peer: VerifiedPeer(identity: TestAuthority.server, notValidAfter: 2000), limits: ClientLimits(),
            wallClock: { clock.now })
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        client = LoopClient(connection)
    }

    @discardableResult
    private func call(_ token: UInt64, deadline: NIODeadline? = nil, streaming: Bool = false) -> UInt32? {
        [UInt8(1)].withUnsafeBytes { payload in
            streaming
                ? client.stream(path, payload: payload, deadline: deadline, token: token, receiver: receiver)
                : client.call(path, payload: payload, deadline: deadline, token: token, receiver: receiver)
        }
    }

    private func sent() throws -> [TestFrame] {
        client.flush()
        loop.run()
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer.readableBytesView) }
        return TestFrame.parse(bytes)
    }

    private func answer(_ frames: TestFrame...) throws {
        try channel.writeInbound(ByteBuffer(bytes: frames.flatMap(\.bytes)))
    }

    @Test func repliesFindTheirCalls() throws {
        for token: UInt64 in 10...12 { call(token) }
        let frames = try sent()
        #expect(frames.map(\.stream) == [1, 3, 5] && frames.allSatisfy { $0.kind == .request && $0.flags.isEmpty })
        try answer(.response(5, [5]), .response(1), .response(3, .notFound("gone")))
        #expect(receiver.take() == ["12 replied [5]", "10 replied []", "11 failed NOT_FOUND: gone"])
        #expect(client.callsInFlight == 0)
    }

    @Test func deadlineEndsTheCallAndALateReplyIsIgnored() throws {
        call(1, deadline: loop.now + .seconds(1))
        call(2, deadline: loop.now + .seconds(3))
        #expect(try sent().count == 2)
        loop.advanceTime(by: .seconds(1))
        #expect(receiver.take() == ["1 failed DEADLINE_EXCEEDED: deadline exceeded"])
        try answer(.response(1, [1]), .response(3, [2]))
        #expect(receiver.take() == ["2 replied [2]"])
        #expect(channel.isActive)
    }

    @Test func passedDeadlineIsNotSent() throws {
        loop.advanceTime(by: .seconds(5))
        call(1, deadline: loop.now - .seconds(1))
        #expect(receiver.take().isEmpty)
        #expect(try sent().isEmpty)
        #expect(receiver.take() == ["1 failed DEADLINE_EXCEEDED: deadline exceeded"])
    }

    @Test func streamIsReadAndGivenUp() throws {
        let stream = try #require(call(1, streaming: true))
        #expect(try sent().map(\.flags) == [.remoteClosed])
        try answer(.message(stream, [1]), .message(stream, [2]))
        #expect(receiver.take() == ["1 received [1]", "1 received [2]"])
        client.abandon(stream)
        #expect(try sent() == [.end(stream)])
        try answer(.message(stream, [3]), .response(stream, .cancelled))
        #expect(receiver.take().isEmpty)
        let second = try #require(call(2, streaming: true))
        try answer(.message(second, [4]), .end(second))
        #expect(receiver.take() == ["2 received [4]", "2 ended"])
    }

    @Test func callFromWithinAReplyIsSentWithTheBurst() throws {
        final class Chain: RPCReplyReceiver {
            var client: LoopClient?
            func replied(token: UInt64, payload: UnsafeRawBufferPointer) {
                client?.call(
                    RequestPath(service: "s", method: "next"), payload: payload, token: token + 1, receiver: self)
            }
            func failed(token: UInt64, status: RPCStatus) {}
        }
        let chain = Chain()
        chain.client = client
        client.call(path, payload: UnsafeRawBufferPointer(start: nil, count: 0), token: 1, receiver: chain)
        #expect(try sent().count == 1)
        try answer(.response(1, [9]))
        let frame = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(TestFrame.parse(Array(frame.readableBytesView)).map(\.stream) == [3])
    }

    @Test(arguments: [
        TestFrame.response(2), .response(7), .message(1, [1]), TestFrame(stream: 1, kind: .request),
    ])
    func brokenProtocolEndsTheConnection(_ frame: TestFrame) throws {
        call(1)
        #expect(try sent().count == 1)
        try answer(frame)
        #expect(receiver.take().allSatisfy { $0.hasPrefix("1 failed INTERNAL") })
        #expect(!channel.isActive)
    }

    @Test func malformedResponseFailsItsCallAlone() throws {
        call(1)
        call(2)
        try answer(TestFrame(stream: 1, kind: .response, body: [0xff]), .response(3, [2]))
        #expect(receiver.take() == ["1 failed INTERNAL: malformed response", "2 replied [2]"])
    }

    @Test func endOfTheConnectionFailsItsCallsAndLaterOnes() throws {
        call(1)
        channel.close(promise: nil)
        loop.run()
        #expect(receiver.take() == ["1 failed UNAVAILABLE: connection closed by the server"])
        call(2)
        #expect(receiver.take().isEmpty)
        loop.run()
        #expect(receiver.take() == ["2 failed UNAVAILABLE: connection closed by the server"])
    }

    @Test func connectionEndsWithTheServersCertificate() throws {
        call(1)
        clock.now = 2000
        loop.advanceTime(by: .seconds(1))
        #expect(receiver.take() == ["1 failed UNAVAILABLE: the server's certificate has expired"])
    }

    @Test func frameMustArriveInTime() throws {
        call(1)
        try channel.writeInbound(ByteBuffer(bytes: Array(TestFrame.response(1, [1, 2]).bytes.prefix(12))))
        loop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(2))
        #expect(receiver.take() == ["1 failed UNAVAILABLE: the server stopped in the middle of a frame"])
    }

    @Test func drainWaitsForTheCallsInFlight() throws {
        call(1)
        client.connection.drain()
        #expect(channel.isActive)
        try answer(.response(1, [1]))
        #expect(receiver.take() == ["1 replied [1]"])
        #expect(!channel.isActive)
    }
}
