public import FieldsealRPC
public import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Gets the replies of a `LoopClient`, on its event loop. A payload is valid during the call only.
public protocol RPCReplyReceiver: AnyObject {
    /// A unary call succeeded.
    func replied(token: UInt64, payload: UnsafeRawBufferPointer)
    /// A call failed, unary or streaming.
    func failed(token: UInt64, status: RPCStatus)
    /// A message of a server stream arrived.
    func received(token: UInt64, message: UnsafeRawBufferPointer)
    /// A server stream ended well.
    func ended(token: UInt64)
}

extension RPCReplyReceiver {
    public func received(token: UInt64, message: UnsafeRawBufferPointer) {}
    public func ended(token: UInt64) {}
}

/// One connection to one server, bound to its event loop: many calls in flight, replies by callback, no task and no
/// promise a call. For load generation, and for servers that call servers.
public final class LoopClient {
    let connection: ClientConnection

    init(_ connection: ClientConnection) { self.connection = connection }

    /// Connects to `target`; the future gives the client when the server's identity is verified.
    ///
    /// The future fails with `RPCStatus` `UNAVAILABLE`, its message naming the address and the cause.
    public static func connect(
        to target: RPCTarget, tls: ClientTLS, limits: ClientLimits = ClientLimits(), on loop: any EventLoop,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) -> EventLoopFuture<NIOLoopBound<LoopClient>> {
        let connected = loop.makePromise(of: NIOLoopBound<LoopClient>.self)
        var verifier = tls.context.verifier
        verifier.expected = target.identity
        ClientBootstrap(group: loop)
            .connectTimeout(limits.connectTimeout)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 16))
            .channelInitializer { [verifier] channel in
                channel.eventLoop.makeCompletedFuture {
                    try TCPOptions.set(on: channel)
                    let handshake = HandshakeHandler(
                        verifier: { verifier }, wallClock: wallClock, timeout: limits.handshakeTimeout,
                        accept: { peer in
                            let connection = ClientConnection(channel, peer: peer, limits: limits, wallClock: wallClock)
                            connected.succeed(NIOLoopBound(LoopClient(connection), eventLoop: loop))
                            return connection
                        }, refuse: { connected.fail(target.failure($0)) })
                    let handler = try NIOSSLClientHandler(context: tls.context.context, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandlers(handler, handshake)
                }
            }
            .connect(host: target.host, port: target.port)
            .whenFailure { connected.fail(target.failure($0)) }
        return connected.futureResult
    }

    /// Queues a unary call; `flush()` sends it. Exactly one of the receiver's `replied` and `failed` is called, never
    /// before this returns.
    ///
    /// - Parameters:
    ///   - deadline: nil: none.
    ///   - token: given back with the reply.
    /// - Returns: the call's stream, for `abandon`; nil where the call fails already.
    @discardableResult
    public func call(
        _ path: RequestPath, payload: UnsafeRawBufferPointer, metadata: RPCMetadata = RPCMetadata(),
        deadline: NIODeadline? = nil, token: UInt64, receiver: any RPCReplyReceiver
    ) -> UInt32? {
        let call = ClientConnection.Call(receiver: receiver, token: token)
        return connection.start(call, .unary, path, payload, metadata, deadline)
    }

    /// Queues a server-streaming call; `flush()` sends it. The receiver gets the messages, then `ended` or `failed`.
    ///
    /// - Returns: the call's stream, for `abandon`; nil where the call fails already.
    @discardableResult
    public func stream(
        _ path: RequestPath, payload: UnsafeRawBufferPointer, metadata: RPCMetadata = RPCMetadata(),
        deadline: NIODeadline? = nil, token: UInt64, receiver: any RPCReplyReceiver
    ) -> UInt32? {
        let call = ClientConnection.Call(receiver: receiver, token: token)
        return connection.start(call, .serverStreaming, path, payload, metadata, deadline)
    }

    /// Gives a call up: its receiver is not called any more. A server stream is cancelled at the server, too.
    public func abandon(_ stream: UInt32) { connection.abandon(stream) }

    /// Sends what was queued. Calls made from within a receiver's method are sent at the end of the burst by themselves.
    public func flush() { connection.flush() }

    /// Calls queued or sent and not answered yet.
    public var callsInFlight: Int { connection.streams.openCalls }

    /// Fails the calls in flight with `UNAVAILABLE` and closes.
    public func close() { connection.close(.unavailable("connection closed by the client")) }

    /// Completes when the connection has ended.
    public var closed: EventLoopFuture<Void> { connection.channel.closeFuture }
}

extension RPCTarget {
    func failure(_ refusal: RefusedConnection) -> RPCStatus {
        let cause =
            switch refusal.cause {
            case .unexpectedIdentity: "its certificate is not for \(identity)"
            case .handshakeFailed: "the TLS handshake failed"
            case .untrustedCertificate: "its certificate is not trusted"
            default: refusal.cause.rawValue
            }
        return .unavailable("no connection to \(self): \(cause)")
    }

    func failure(_ error: any Error) -> RPCStatus {
        let cause =
            switch error {
            case let error as NIOConnectionError:
                error.connectionErrors.first.map { "\($0.error)" } ?? "the name cannot be resolved"
            case ChannelError.connectTimeout: "timeout"
            default: "\(error)"
            }
        return .unavailable("no connection to \(self): \(cause)")
    }
}
