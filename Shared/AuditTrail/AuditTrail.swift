internal import Glibc
public import Logging
public import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// A server's record of what it did: events go into a local spool, durable before an answer leaves, and from there to the
/// audit service until it acknowledges them.
///
/// List it in the service group before what records: it is then stopped after it. What it ships through comes before it.
public final class AuditTrail: Service, Sendable {
    let spool: Spool
    let handles = HandleTable()
    let refusals = RefusalLedger()
    /// Microseconds since 1970-01-01 UTC.
    let now: @Sendable () -> Int64
    private let configuration: AuditTrailConfiguration
    let shipper: Shipper
    let trimmer: Trimmer
    let follower: PublicationFollower?
    let deliveries: Deliveries
    let clock: any Clock<Duration>
    private let logger: Logger
    private let recorders = Mutex<[ObjectIdentifier: LoopRecorder]>([:])

    /// Opens the spool, repairs it after a crash and begins an epoch with a durable `epoch-open`. Blocks the thread.
    ///
    /// When the spool fails later, the process ends at once with status 74 (EX_IOERR): what was not answered yet is not.
    /// - Throws: ``SpoolError`` where the directory is in use by another process, belongs to another producer, is damaged,
    ///   full, or cannot be written.
    public convenience init(
        configuration: AuditTrailConfiguration, sink: any BlockSink, prover: (any BlockProver)? = nil, logger: Logger
    ) throws(SpoolError) {
        try self.init(
            configuration: configuration, sink: sink, prover: prover, logger: logger,
            fileSystem: try LocalFileSystem(configuration.directory), clock: ContinuousClock(),
            now: AuditTrail.unixMicroseconds
        ) { error in
            logger.critical("the audit spool failed; the process ends", metadata: ["error": "\(error)"])
            _exit(74)
        }
    }

    init(
        configuration: AuditTrailConfiguration, sink: any BlockSink, prover: (any BlockProver)?, logger: Logger,
        fileSystem: any FileSystem, clock: any Clock<Duration>, now: @escaping @Sendable () -> Int64,
        onFailure: @escaping @Sendable (SpoolError) -> Void
    ) throws(SpoolError) {
        try configuration.validate()
        let lock = try SpoolLock.take(configuration.producer, in: fileSystem)
        let policy = prover == nil ? nil : configuration.log
        if let policy, try SeenCheckpoint.isOfAnotherLog(than: policy.origin, in: fileSystem) {
            logger.notice(
                "the log is a new one: what is still here is sent to it again", metadata: ["log": "\(policy.origin)"])
            try SpoolRewind.perform(in: fileSystem)
        }
        let recovery = try SpoolRecovery(fileSystem)
        let key = try EpochKey()
        spool = Spool(
            producer: configuration.producer, key: key, limits: configuration.limits, fileSystem: fileSystem,
            lock: lock, recovery: recovery, now: now, onFailure: onFailure)
        deliveries = Deliveries(epoch: spool.epoch)
        let acknowledged = AcknowledgementFile(in: fileSystem)
        trimmer = try Trimmer(
            fileSystem: fileSystem, acknowledged: acknowledged, index: spool.index, limits: configuration.limits,
            now: now)
        let trim: @Sendable (Acknowledgement) throws(SpoolError) -> Void = {
            [spool, trimmer] position throws(SpoolError) in
            try trimmer.trim(upTo: position)
            spool.refresh()
        }
        shipper = Shipper(
            producer: configuration.producer, spool: spool, fileSystem: fileSystem,
            acknowledged: acknowledged, from: recovery.acknowledgement, sink: sink,
            deliveries: deliveries, pause: configuration.shipmentPause, clock: clock, logger: logger,
            trim: policy == nil ? trim : nil)
        follower =
            if let policy, let prover {
                try PublicationFollower(
                    policy: policy, prover: prover, index: spool.index, fileSystem: fileSystem, deliveries: deliveries,
                    clock: clock, logger: logger, trim: trim)
            } else {
                nil
            }
        self.configuration = configuration
        self.clock = clock
        self.now = now
        self.logger = logger
        if policy == nil, let acknowledged = recovery.acknowledgement { try trimmer.trim(upTo: acknowledged) }
        var opening = epochEvent(.epochOpen)
        opening.epochKey = key.publicKey
        try spool.start(with: batch(of: [opening]))
    }

    /// The handle of a verified peer; made once per connection.
    public func actor(identity: String, asserted: String = "") -> ActorHandle {
        handles.actor(AuditActor(identity: identity, asserted: asserted))
    }

    /// The handle of a field that the catalog knows.
    public func field(table: String, field: String) -> FieldHandle {
        handles.field(table: table, field: field)
    }

    /// The recorder of this event loop: always the same one, used on that loop alone.
    public func recorder(on loop: any EventLoop) -> LoopRecorder {
        recorders.withLock { recorders in
            if let known = recorders[ObjectIdentifier(loop)] { return known }
            let recorder = LoopRecorder(loop: loop, trail: self)
            recorders[ObjectIdentifier(loop)] = recorder
            return recorder
        }
    }

    /// Whether work may be done that must be recorded; asked before acting, for cold paths.
    public var isAccepting: Bool { spool.isAccepting }

    /// What waits for the audit service.
    public var backlog: AuditBacklog { spool.backlog }

    /// The last state that events are known to come to: published where the log's key is configured.
    public var finalState: EventState { follower == nil ? .sequenced : .published }

    /// Why the audit log is not believed at present; nil: it is, or it is not verified.
    public var distrust: String? { follower?.distrust?.description }

    /// Records an event; it is durable when this returns. In relaxed mode it may have been dropped and counted instead.
    public func record(_ event: AuditEvent) async throws(AuditTrailError) {
        try await record([event])
    }

    /// Records events together, in their order: all are durable when this returns, none when it throws `full` or `closed`.
    public func record(_ events: [AuditEvent]) async throws(AuditTrailError) {
        guard !events.isEmpty else { return }
        switch await submit(events) {
        case .durable, .dropped: return
        case .full: throw .full
        case .failed: throw .failed
        case .closed: throw .closed
        }
    }

    func submit(_ events: [AuditEvent]) async -> SpoolOutcome {
        let batch = batch(of: events)
        return await withCheckedContinuation { continuation in
            spool.submit(batch) { continuation.resume(returning: $0) }
        }
    }

    /// Records, from any thread, that a peer was refused; does not wait. Folded per (peer, operation, cause) and second.
    public func recordRefusal(_ refusal: AuditEvent) {
        guard let written = refusals.note(refusal, at: now(), hasRoom: spool.hasRoomForStrangers) else { return }
        submit(refusals: [written])
    }

    /// Ships blocks until the process is told to stop; then writes `epoch-close` and ships for `drainTimeout` more.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask { try await self.ship() }
            group.addTask { try await self.tick() }
            group.addTask { try await self.follow() }
            group.addTask { await self.stop() }
            while let step = try await group.next() {
                switch step {
                case .shipped: return group.cancelAll()
                case .stopped:
                    group.addTask {
                        try? await self.clock.sleep(for: self.configuration.drainTimeout)
                        return .shipped
                    }
                case .cancelled: continue
                }
            }
        }
    }

    private enum Step { case shipped, stopped, cancelled }

    private func ship() async throws -> Step {
        defer { deliveries.end() }
        do {
            try await shipper.run()
        } catch let error as SpoolError {
            spool.fail(error)
            throw error
        } catch is CancellationError {
            return .cancelled
        }
        return .shipped
    }

    private func follow() async throws -> Step {
        guard let follower else { return .cancelled }
        do {
            try await follower.run()
        } catch let error as SpoolError {
            spool.fail(error)
            throw error
        } catch is CancellationError {}
        return .cancelled
    }

    /// Once a second: what was only counted is written, room that came back is noticed, what was kept long enough is removed.
    private func tick() async throws -> Step {
        while !Task.isCancelled {
            guard (try? await clock.sleep(for: .seconds(1))) != nil else { break }
            writeDueRefusals()
            spool.refresh()
            do {
                try trimmer.expire()
            } catch {
                spool.fail(error)
                throw error
            }
        }
        return .cancelled
    }

    private func stop() async -> Step {
        try? await gracefulShutdown()
        await close()
        return .stopped
    }

    /// Ends the epoch: writes what is counted and `epoch-close`; nothing can be recorded afterwards.
    func close() async {
        let last = batch(of: refusals.takeDue(at: now(), all: true) + [epochEvent(.epochClose)])
        let outcome = await withCheckedContinuation { continuation in
            spool.close(with: last) { continuation.resume(returning: $0) }
        }
        guard outcome != .durable else { return }
        logger.error("the end of the audit epoch is not recorded", metadata: ["outcome": "\(outcome)"])
    }

    func writeDueRefusals() {
        submit(refusals: refusals.takeDue(at: now()))
    }

    private func submit(refusals events: [AuditEvent]) {
        guard !events.isEmpty else { return }
        let now = now()
        spool.submit(batch(of: events)) { [refusals] outcome in
            if outcome != .durable { refusals.putBack(events, at: now) }
        }
    }

    private func batch(of events: [AuditEvent]) -> EventBatch {
        let batch = spool.batches.take()
        let now = now()
        for event in events {
            batch.add(
                event, actor: handles.actor(event.actor), field: handles.field(table: event.table, field: event.field),
                now: now)
        }
        return batch
    }

    private func epochEvent(_ operation: AuditOperation) -> AuditEvent {
        AuditEvent(actor: AuditActor(identity: configuration.producer), operation: operation)
    }

    private static func unixMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
