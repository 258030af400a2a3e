internal import FieldsealRPC
public import Logging
public import NIOCore
internal import NIOPosix
internal import NIOSSL
public import ServiceLifecycle
internal import Synchronization

/// A ttrpc server over mutual TLS 1.3.
///
/// It accepts while `run()` runs, answers `grpc.health.v1.Health` besides its services, and on graceful shutdown stops
/// accepting, finishes what runs and closes.
public final class RPCServer: Service {
    /// The health that `grpc.health.v1.Health` reports.
    public let health: HealthStatus

    private let host: String
    private let port: Int
    private let core: ServerCore
    private let registry: ConnectionRegistry
    private let tls: Mutex<TLSContext>
    private let eventLoopGroup: any EventLoopGroup
    private let bound: EventLoopPromise<SocketAddress>

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
        self.tls = Mutex(try TLSContext(tls, peer: .client))
        health = HealthStatus(services: services.map(\.name))
        let healthService = HealthService(status: health)
        core = ServerCore(
            services: services + [healthService], unauthorized: [healthService.name], authorizer: authorizer,
            makeGate: gate, observer: observer, limits: limits, logger: logger, wallClock: wallClock)
        registry = ConnectionRegistry(limit: limits.connections)
        (self.host, self.port, self.eventLoopGroup) = (host, port, eventLoopGroup)
        bound = eventLoopGroup.next().makePromise()
    }

    deinit { bound.fail(ChannelError.alreadyClosed) }

    /// The address in use, once `run()` has bound it.
    ///
    /// - Throws: where it cannot be bound, or the server is gone.
    public func boundAddress() async throws -> SocketAddress { try await bound.futureResult.get() }

    /// Accepts and serves until the graceful shutdown or the cancellation of the task. Once.
    ///
    /// - Throws: where the address cannot be bound.
    public func run() async throws {
        let listener: any Channel
        do {
            listener = try await listen()
        } catch {
            bound.fail(error)
            throw error
        }
        let address = listener.localAddress
        if let address { bound.succeed(address) } else { bound.fail(ChannelError.unknownLocalAddress) }
        core.logger.info("listening", metadata: ["address": "\(address?.text ?? "")"])
        await withDiscardingTaskGroup { group in
            group.addTask {
                let isGraceful: Void? = try? await gracefulShutdown()
                try? await listener.close()
                await self.drain(isGraceful: isGraceful != nil)
                self.core.finishJobs()
            }
            for await job in core.jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    private func drain(isGraceful: Bool) async {
        health.set(.notServing)
        registry.drainBegan()
        guard isGraceful else {
            registry.tell(.close)
            return registry.closeAll()
        }
        registry.tell(.drain)
        let timer = eventLoopGroup.next().scheduleTask(in: core.limits.drainTimeout + .seconds(2)) { [registry] in
            registry.closeAll()
        }
        await registry.waitUntilEmpty()
        timer.cancel()
    }

    /// Takes new certificates, trust roots and denied identities. Blocks while it reads the files.
    ///
    /// New connections use them at once. Live connections of denied or expired identities are closed; where the trust
    /// roots changed, all others drain, so that their peers come back through a new handshake.
    /// - Throws: `TLSSettingsError`; the old settings then stay in force.
    public func reload(tls settings: TLSSettings) throws {
        let context = try TLSContext(settings, peer: .client)
        let drains = tls.withLock { current in
            defer { current = context }
            return current.trustRoots != context.trustRoots
        }
        registry.tell(.recheck(context.verifier, drain: drains))
    }

    private func listen() async throws -> any Channel {
        try await ServerBootstrap(group: eventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 16))
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 18, high: 1 << 20))
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .bind(host: host, port: port).get()
    }

    private func accept(_ channel: any Channel) throws {
        let address = channel.remoteAddress?.text ?? ""
        guard registry.add(channel) else {
            core.refused(
                RefusedConnection(address: address, identity: nil, identityVerified: false, cause: .tooManyConnections))
            throw ChannelError.operationUnsupported
        }
        try TCPOptions.set(on: channel)
        let context = tls.withLock { $0 }
        let handshake = HandshakeHandler(
            verifier: { [self] in
                let current = tls.withLock { $0 }
                return current.trustRoots == context.trustRoots ? current.verifier : nil
            }, wallClock: core.wallClock, timeout: core.limits.handshakeTimeout,
            accept: { [core] verified in
                ServerConnection(core: core, loop: core.loop(channel.eventLoop), verified: verified, address: address)
            }, refuse: { [core] in core.refused($0) })
        try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context.context), handshake)
    }
}

extension ServerCore {
    func refused(_ refusal: RefusedConnection) {
        var metadata: Logger.Metadata = ["address": "\(refusal.address)", "cause": "\(refusal.cause.rawValue)"]
        metadata[refusal.identityVerified ? "identity" : "unverified-identity"] = refusal.identity.map { "\($0)" }
        logger.notice("connection refused", metadata: metadata)
        observer.connectionRefused(refusal)
    }
}
