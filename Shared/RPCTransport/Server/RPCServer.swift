public import Logging
public import NIOCore
public import ServiceLifecycle

/// A ttrpc server over mutual TLS 1.3.
///
/// It accepts while `run()` runs, answers `grpc.health.v1.Health` besides its services, and on graceful shutdown stops
/// accepting, finishes what runs and closes.
public final class RPCServer: Service {
    /// The health that `grpc.health.v1.Health` reports.
    public let health: HealthStatus

    /// - Parameters:
    ///   - host: the address to bind, e.g. `127.0.0.1` or `::`.
    ///   - port: 0 lets the system choose; see `boundAddress()`.
    ///   - gate: makes the reply gate of an event loop; nil: replies leave at once.
    ///   - wallClock: seconds since 1970, for the dates of certificates.
    /// - Throws: `TLSSettingsError` where certificates or keys cannot be loaded.
    public init(
        host: String, port: Int, tls: TLSSettings, services: [any RPCService], authorizer: any RPCAuthorizer,
        gate: (@Sendable (any EventLoop) -> any ReplyGate)? = nil, observer: any RPCServerObserver,
        limits: ServerLimits = ServerLimits(), eventLoopGroup: any EventLoopGroup, logger: Logger,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) throws {
        health = HealthStatus(services: services.map(\.name))
        fatalError("unfinished")
    }

    /// Accepts and serves until the graceful shutdown or the cancellation of the task.
    ///
    /// - Throws: where the address cannot be bound.
    public func run() async throws {}

    /// The address in use, once `run()` has bound it.
    ///
    /// - Throws: where it cannot be bound, or `run()` ended before.
    public func boundAddress() async throws -> SocketAddress { fatalError("unfinished") }

    /// Takes new certificates, trust roots and denied identities.
    ///
    /// New connections use them at once. Live connections of denied or expired identities are closed; where the trust
    /// roots changed, all others drain, so that their peers come back through a new handshake.
    /// - Throws: `TLSSettingsError`; the old settings then stay in force.
    public func reload(tls: TLSSettings) throws {}
}
