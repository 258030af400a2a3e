import FieldsealRPC
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

@testable import FieldsealRPCTransport

/// A server's connection on an embedded loop: time passes when the test says so, and no byte goes anywhere.
final class EmbeddedConnection {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let service = EchoService()
    let authorizer: TestAuthorizer
    let observer = TestObserver()
    let gate = TestGate()
    let core: ServerCore
    let clock = TestClock()

    init(
        gated: Bool = false, limits: ServerLimits = ServerLimits(), authorizer: TestAuthorizer = TestAuthorizer(),
        notValidAfter: Int64 = .max
    ) throws {
        self.authorizer = authorizer
        let clock = self.clock
        let gate = NIOLoopBound(self.gate, eventLoop: loop)
        var makeGate: (@Sendable (any EventLoop) -> any ReplyGate)?
        if gated { makeGate = { (_: any EventLoop) -> any ReplyGate in gate.value } }
        let services: [any RPCService] = [service, HealthService(status: HealthStatus(services: ["test.Echo"]))]
        core = ServerCore(
            services: services, unauthorized: ["grpc.health.v1.Health"], authorizer: authorizer, makeGate: makeGate,
            observer: observer, limits: limits, logger: .silent, wallClock: { clock.now })
        let connection = ServerConnection(
            core: core, loop: core.loop(loop),
            verified: VerifiedPeer(identity: TestAuthority.client, notValidAfter: notValidAfter), address: "test:1")
        channel = EmbeddedChannel(handler: connection, loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Sends bytes as one read.
    func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// All frames that the server has sent since the last call.
    func frames() throws -> [TestFrame] {
        loop.run()
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer.readableBytesView) }
        return TestFrame.parse(bytes)
    }

    func call(_ method: String, _ payload: [UInt8] = [], stream: UInt32, timeout: Int64 = 0) throws -> [TestFrame] {
        try send(TestFrame.request(method, payload, stream: stream, timeout: timeout))
        return try frames()
    }

    var isOpen: Bool { channel.isActive }
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

/// Seconds that pass when the test says so.
final class TestClock: Sendable {
    private let seconds = NIOLockedValueBox<Int64>(1000)
    var now: Int64 {
        get { seconds.withLockedValue { $0 } }
        set { seconds.withLockedValue { $0 = newValue } }
    }
}

/// A frame as a test writes and compares it.
struct TestFrame: Equatable, CustomStringConvertible {
    var stream: UInt32
    var kind: FrameKind
    var flags: FrameFlags = []
    var body: [UInt8] = []

    static func request(
        service: String = "test.Echo", _ method: String, _ payload: [UInt8] = [], stream: UInt32, timeout: Int64 = 0,
        flags: FrameFlags = [], metadata: RPCMetadata = RPCMetadata()
    ) -> [UInt8] {
        let head = RequestHead(
            path: RequestPath(service: service, method: method), timeout: timeout,
            requestID: metadata.requestID ?? .zero, traceID: metadata.traceID ?? .zero)
        var body = [UInt8](repeating: 0, count: head.size(payload: payload.count))
        body.withUnsafeMutableBytes { target in payload.withUnsafeBytes { head.store(payload: $0, into: target) } }
        return TestFrame(stream: stream, kind: .request, flags: flags, body: body).bytes
    }

    static func response(_ stream: UInt32, _ payload: [UInt8] = []) -> Self {
        let overhead = ResponseEnvelope.overhead(payload: payload.count)
        var body = [UInt8](repeating: 0, count: overhead)
        body.withUnsafeMutableBytes { ResponseEnvelope.storeOverhead(payload: payload.count, into: $0) }
        return Self(stream: stream, kind: .response, body: body + payload)
    }

    static func response(_ stream: UInt32, _ status: RPCStatus) -> Self {
        Self(stream: stream, kind: .response, body: ResponseEnvelope.encode(status))
    }

    static func message(_ stream: UInt32, _ body: [UInt8]) -> Self { Self(stream: stream, kind: .data, body: body) }

    static func end(_ stream: UInt32) -> Self { Self(stream: stream, kind: .data, flags: [.remoteClosed, .noData]) }

    var bytes: [UInt8] {
        var header = [UInt8](repeating: 0, count: FrameHeader.size)
        header.withUnsafeMutableBytes {
            FrameHeader(length: UInt32(body.count), stream: stream, kind: kind, flags: flags).store(into: $0)
        }
        return header + body
    }

    static func parse(_ bytes: [UInt8]) -> [Self] {
        var frames: [Self] = []
        var rest = bytes[...]
        while let header = rest.withUnsafeBytes({ FrameHeader($0) }), rest.count >= 10 + Int(header.length) {
            let body = Array(rest.dropFirst(10).prefix(Int(header.length)))
            frames.append(Self(stream: header.stream, kind: header.kind, flags: header.flags, body: body))
            rest = rest.dropFirst(10 + Int(header.length))
        }
        return frames
    }

    var status: RPCStatus? { body.withUnsafeBytes { try? ResponseEnvelope(decoding: $0).status } }

    var description: String {
        "\(stream) kind \(kind.rawValue) flags \(flags.rawValue) \(status?.description ?? "\(body)")"
    }
}
