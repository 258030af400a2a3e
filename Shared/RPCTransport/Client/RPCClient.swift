public import FieldsealRPC
public import Logging
public import NIOCore
public import ServiceLifecycle

/// A server address and the one identity that is expected there.
public struct RPCTarget: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int
    /// The URI SAN that the server's certificate must carry, byte by byte.
    public var identity: String

    public init(host: String, port: Int, identity: String) {
        self.host = host
        self.port = port
        self.identity = identity
    }

    public var description: String { "\(host):\(port)" }
}

/// What travels beside a call.
public struct RPCMetadata: Sendable, Hashable {
    /// `fieldseal-request-id`; nil lets the server make one.
    public var requestID: CallIdentifier?
    /// The trace id of a `traceparent`; nil sends none.
    public var traceID: CallIdentifier?

    public init(requestID: CallIdentifier? = nil, traceID: CallIdentifier? = nil) {
        self.requestID = requestID
        self.traceID = traceID
    }
}

/// A pool of connections to the replicas of one server.
///
/// Connections are made when a call needs one, kept, renewed before their peer ends them, and made anew with growing,
/// jittered pauses after a failure. A call that was sent is never sent again by the client: `UNAVAILABLE` leaves it to the
/// caller whether it may be repeated.
public final class RPCClient: Service {
    private let pool: ConnectionPool

    /// - Throws: `TLSSettingsError` where certificates or keys cannot be loaded.
    public init(
        targets: [RPCTarget], tls: TLSSettings, limits: ClientLimits = ClientLimits(),
        eventLoopGroup: any EventLoopGroup, logger: Logger,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) throws {
        pool = ConnectionPool(
            targets: targets, tls: try ClientTLS(tls), limits: limits, eventLoopGroup: eventLoopGroup, logger: logger,
            wallClock: wallClock)
    }

    /// Waits for the graceful shutdown, then closes as `shutdown()` does. Calls work without it.
    public func run() async throws {
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Refuses new calls, lets running ones finish within the drain timeout, and closes.
    public func shutdown() async {
        for closed in pool.close() { try? await closed.get() }
    }

    deinit { pool.close() }

    /// Takes new certificates, trust roots and denied identities; connections made before are drained. Blocks while it
    /// reads the files.
    ///
    /// - Throws: `TLSSettingsError`; the old settings then stay in force.
    public func reload(tls: TLSSettings) throws { pool.reload(try ClientTLS(tls)) }

    /// Calls a unary method and returns the reply's payload.
    ///
    /// Cancelling the task gives the reply up.
    /// - Parameter timeout: from now to the reply, connecting included; the server is told what is left of it.
    /// - Throws: the server's status; `UNAVAILABLE` without a connection; `DEADLINE_EXCEEDED`; `CANCELLED`.
    public func unary(
        service: String, method: String, payload: [UInt8], timeout: Duration, metadata: RPCMetadata = RPCMetadata()
    ) async throws(RPCStatus) -> [UInt8] {
        let call = PooledCall(
            path: RequestPath(service: service, method: method), payload: payload, metadata: metadata,
            deadline: Self.deadline(timeout), form: .unary)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.begin(.unary(continuation))
                pool.start(call)
            }
        } onCancel: {
            call.cancel()
        }
        return try result.get()
    }

    /// Calls a server-streaming method; the sequence ends as the stream does and throws `RPCStatus`.
    ///
    /// - Parameters:
    ///   - timeout: of the whole stream; nil: none.
    ///   - bufferedMessages: how many messages may wait unread; then the stream fails with `RESOURCE_EXHAUSTED`.
    public func serverStreaming(
        service: String, method: String, payload: [UInt8], timeout: Duration? = nil,
        metadata: RPCMetadata = RPCMetadata(), bufferedMessages: Int = 1024
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        let call = PooledCall(
            path: RequestPath(service: service, method: method), payload: payload, metadata: metadata,
            deadline: timeout.map(Self.deadline), form: .serverStreaming)
        return AsyncThrowingStream(bufferingPolicy: .bufferingOldest(max(1, bufferedMessages))) { continuation in
            continuation.onTermination = { if case .cancelled = $0 { call.cancel() } }
            call.begin(.stream(continuation))
            pool.start(call)
        }
    }

    /// A year stands for all that is longer: a clock's sum must not overflow.
    private static func deadline(_ timeout: Duration) -> NIODeadline {
        .now() + TimeAmount(max(.zero, min(timeout, .seconds(31_536_000))))
    }
}
