public import FieldsealRPC
public import NIOCore

/// A call that is being answered. Used on its event loop, during the handler's call alone.
public struct ServerCall: ~Copyable {
    /// Who calls.
    public let peer: RPCPeer
    /// The caller's `fieldseal-request-id`, or one made by the server.
    public let requestID: CallIdentifier
    /// The trace id of the caller's `traceparent`; zero where there is none.
    public let traceID: CallIdentifier
    /// When the server will answer `DEADLINE_EXCEEDED` by itself; nil: never.
    public let deadline: NIODeadline?
    let endpoint: RPCEndpoint
    let stream: UInt32
    let payloadCount: Int
    private let connection: ServerConnection?

    /// The name of the service that is called.
    public var service: String { endpoint.service }
    /// The name of the method that is called.
    public var method: String { endpoint.method }

    init(
        peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier, deadline: NIODeadline?,
        endpoint: RPCEndpoint, stream: UInt32, payloadCount: Int, connection: ServerConnection?
    ) {
        self.peer = peer
        self.requestID = requestID
        self.traceID = traceID
        self.deadline = deadline
        self.endpoint = endpoint
        self.stream = stream
        self.payloadCount = payloadCount
        self.connection = connection
    }

    /// A call without a connection, to test authorizers and the handlers that answer at once.
    public init(
        peer: RPCPeer, service: String, method: RPCMethod, requestID: CallIdentifier = .zero,
        traceID: CallIdentifier = .zero, deadline: NIODeadline? = nil
    ) {
        let endpoint = RPCEndpoint(
            service: service, method: method, serviceIndex: 0, methodIndex: 0, authorized: true)
        self.init(
            peer: peer, requestID: requestID, traceID: traceID, deadline: deadline, endpoint: endpoint, stream: 1,
            payloadCount: 0, connection: nil)
    }

    private var live: ServerConnection {
        guard let connection else { preconditionFailure("a call without a connection cannot be answered later") }
        return connection
    }

    /// The event loop of the connection.
    public var eventLoop: any EventLoop { peer.eventLoop }

    /// Announces that the reply comes later; the handler then returns `.later`.
    public func deferred() -> DeferredReply { live.deferReply(to: self) }

    /// Answers later with what `body` returns.
    ///
    /// `body` runs in a child task of the server, which is cancelled at the deadline and when the connection ends.
    /// The handler then returns `.later`.
    public func reply(_ body: @escaping @Sendable () async throws -> [UInt8]) {
        live.runUnary(self, body)
    }

    /// Opens the stream of a server-streaming call and runs `body` as a child task of the server, cancelled at the
    /// deadline and when the peer goes. The stream ends with `body`: well, or with the status that it throws.
    public func openStream(_ body: @escaping @Sendable (ServerStreamWriter) async throws -> Void) {
        live.runStream(self, body)
    }
}

/// A method of a service as a server has registered it.
final class RPCEndpoint: Sendable {
    let service: String
    let method: String
    let kind: RPCMethodKind
    let serviceIndex: Int
    let methodIndex: Int
    let authorized: Bool

    init(service: String, method: RPCMethod, serviceIndex: Int, methodIndex: Int, authorized: Bool) {
        self.service = service
        self.method = method.name
        self.kind = method.kind
        self.serviceIndex = serviceIndex
        self.methodIndex = methodIndex
        self.authorized = authorized
    }
}
