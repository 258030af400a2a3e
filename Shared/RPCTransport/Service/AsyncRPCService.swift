public import FieldsealRPC
public import NIOCore

/// A call as a task sees it.
public struct RPCRequest: Sendable {
    public let payload: [UInt8]
    public let peer: RPCPeer
    public let requestID: CallIdentifier
    /// Zero where the caller sent no `traceparent`.
    public let traceID: CallIdentifier
    public let deadline: NIODeadline?

    public init(
        payload: [UInt8], peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier, deadline: NIODeadline?
    ) {
        self.payload = payload
        self.peer = peer
        self.requestID = requestID
        self.traceID = traceID
        self.deadline = deadline
    }

    /// The time left for this call; nil: no deadline.
    public var timeRemaining: Duration? {
        deadline.map { .nanoseconds(max(0, ($0 - .now()).nanoseconds)) }
    }
}

/// A service whose methods are async functions, for paths where a database or a disk is waited for.
///
/// Calls run as child tasks of the server, cancelled at their deadline and when the peer goes. A thrown `RPCStatus` is
/// answered; any other error is answered as `INTERNAL` with a fixed text, its cause goes to the server's log.
public struct AsyncRPCService: RPCService {
    public typealias Unary = @Sendable (RPCRequest) async throws -> [UInt8]
    public typealias ServerStreaming = @Sendable (RPCRequest, ServerStreamWriter) async throws -> Void

    enum Implementation: Sendable {
        case unary(Unary)
        case serverStreaming(ServerStreaming)
    }

    public let name: String
    public private(set) var methods: [RPCMethod] = []
    var implementations: [Implementation] = []

    public init(_ name: String) { self.name = name }

    /// Adds a unary method.
    public mutating func unary(_ method: String, _ body: @escaping Unary) {
        methods.append(RPCMethod(method, .unary))
        implementations.append(.unary(body))
    }

    /// Adds a server-streaming method.
    public mutating func serverStreaming(_ method: String, _ body: @escaping ServerStreaming) {
        methods.append(RPCMethod(method, .serverStreaming))
        implementations.append(.serverStreaming(body))
    }

    public func makeHandler(on loop: any EventLoop) -> any RPCHandler { AsyncRPCHandler(implementations) }
}

/// Hands the calls of one event loop to the server's tasks.
private final class AsyncRPCHandler: RPCHandler {
    private let implementations: [AsyncRPCService.Implementation]

    init(_ implementations: [AsyncRPCService.Implementation]) { self.implementations = implementations }

    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome {
        guard case .unary(let body) = implementations[method] else { return .failed(.unknownMethod) }
        let request = RPCRequest(payload: payload, call: call)
        call.reply { try await body(request) }
        return .later
    }

    func serverStreaming(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall
    ) -> RPCStatus? {
        guard case .serverStreaming(let body) = implementations[method] else { return .unknownMethod }
        let request = RPCRequest(payload: payload, call: call)
        call.openStream { try await body(request, $0) }
        return nil
    }
}

extension RPCRequest {
    init(payload: UnsafeRawBufferPointer, call: borrowing ServerCall) {
        self.init(
            payload: [UInt8](payload), peer: call.peer, requestID: call.requestID, traceID: call.traceID,
            deadline: call.deadline)
    }
}
