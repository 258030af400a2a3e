public import FieldsealRPC
public import NIOCore

/// A service and a method, encoded once for many calls.
public struct RPCMethodPath: Sendable, Hashable {
    let prefix: [UInt8]

    public init(service: String, method: String) {
        prefix = RequestEnvelope.path(service: service, method: method)
    }
}

/// Gets the replies of a `LoopClient`, on its event loop. A payload is valid during the call only.
public protocol RPCReplyReceiver: AnyObject {
    func replied(token: UInt64, payload: UnsafeRawBufferPointer)
    func failed(token: UInt64, status: RPCStatus)
}

/// One connection to one server, bound to its event loop: many calls in flight, replies by callback, no task and no
/// promise a call. For load generation, and for servers that call servers.
public final class LoopClient {
    /// Connects to `target`; the future gives the client when the server's identity is verified.
    public static func connect(
        to target: RPCTarget, tls: ClientTLS, limits: ClientLimits = ClientLimits(), on loop: any EventLoop,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) -> EventLoopFuture<NIOLoopBound<LoopClient>> { fatalError("unfinished") }

    /// Queues a call; `flush()` sends it. Exactly one of the receiver's methods is called, never before this returns.
    ///
    /// - Parameters:
    ///   - token: given back with the reply.
    ///   - deadline: nil: none.
    public func call(
        _ path: RPCMethodPath, payload: UnsafeRawBufferPointer, metadata: RPCMetadata = RPCMetadata(),
        deadline: NIODeadline? = nil, token: UInt64, receiver: any RPCReplyReceiver
    ) { fatalError("unfinished") }

    /// Sends what was queued. Calls made from within a receiver's method are sent at the end of the burst by themselves.
    public func flush() {}

    /// Calls queued or sent and not answered yet.
    public var callsInFlight: Int { 0 }

    /// Fails the calls in flight with `UNAVAILABLE` and closes.
    public func close() {}

    /// Completes when the connection has ended.
    public var closed: EventLoopFuture<Void> { fatalError("unfinished") }
}

/// The TLS of a client, loaded once for many connections.
public struct ClientTLS: Sendable {
    /// - Throws: `TLSSettingsError` where certificates or keys cannot be loaded.
    public init(_ settings: TLSSettings) throws { fatalError("unfinished") }
}
