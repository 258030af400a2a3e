import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealPostgres
import Logging
import ServiceLifecycle
import Synchronization

/// Rotates, retires and destroys what is due: one among the replicas at a time.
///
/// A replica ticks only while it holds a lock of the database, which it loses with its connection. Losing it unnoticed does
/// no harm: each act is a transaction of its own that checks, under the store's lock, that the version still stands as
/// planned. A replica that dies between two acts leaves the rest to the next tick of any other.
final class Scheduler: Service, Sendable {
    /// Acts of one tick; what is left is done by the next ones, which follow at once.
    static let maximumActs = 500
    /// After this time the whole store is read anew, and compared with the chain of its changes.
    static let fullReadInterval = RotationPolicy.hour * 6
    /// How often a sealed replica looks whether it still is.
    static let sealedInterval = Duration.milliseconds(500)

    struct Outcome: Sendable, Equatable {
        /// False: another replica has the lock, or this one is sealed.
        var hasLock = false
        var done = 0
        var failed = 0
        var hasMore = false
    }

    private struct State {
        var view = ScheduleView()
        var readUnixUs: Int64 = 0
    }

    private let authority: KeyAuthority
    private let announce: KeyAuthority.Announcement
    /// How people know this replica.
    private let replica: String
    private let interval: Duration
    private let fullReadInterval: Int64
    private let logger: Logger
    private let state = Mutex(State())

    init(
        authority: KeyAuthority, replica: String, interval: Duration = .seconds(60),
        fullReadInterval: Int64 = Scheduler.fullReadInterval, logger: Logger,
        announce: @escaping KeyAuthority.Announcement
    ) {
        self.authority = authority
        self.replica = replica
        self.interval = interval
        self.fullReadInterval = fullReadInterval
        self.logger = logger
        self.announce = announce
    }

    private var pause: Duration { authority.isSealed ? min(interval, Self.sealedInterval) : interval }

    /// Ticks until graceful shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                var hasMore = false
                do {
                    hasMore = try await tick().hasMore
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.warning("the schedule could not be run", metadata: ["error": "\(KeyServiceError(error))"])
                }
                if !hasMore { try? await Task.sleep(for: pause) }
            }
        }
    }

    /// Does what is due now. Failures of single keys are noted and tried again later.
    ///
    /// - Throws: where the database is away, so that nothing can be noted.
    func tick() async throws -> Outcome {
        guard !authority.isSealed else { return Outcome() }
        return try await authority.pool.withTransaction(attempts: 1) { lock in
            guard try await lock.tryLockUntilCommit(SchedulerSeat.lock) else { return Outcome() }
            return try await self.work()
        }
    }

    private func work() async throws -> Outcome {
        let now = authority.clock()
        try await SchedulerSeat.take(replica, nowUnixUs: now, authority.pool)
        let view: ScheduleView
        do {
            view = try await refreshedView(now)
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .dataLoss {
                await authority.alerts.raise(
                    Alert(
                        .storeDamaged, .critical,
                        text: "The schedule stands still: \(failure.detail ?? failure.message)."))
            }
            throw error
        }
        let entries = view.entries(authority.rotation, atUnixUs: now)
        let due = entries.filter { $0.isDue(atUnixUs: now) }
        var outcome = Outcome(hasLock: true, hasMore: due.count > Self.maximumActs)
        let context = CallContext(actor: AuditActor(identity: authority.identity))
        var failed: [Schedule.Entry] = []
        var isAuditAway = false
        for entry in due.prefix(Self.maximumActs) {
            try Task.checkCancellation()
            // Each would wait in vain for the audit service; rotations do not need it at once.
            if isAuditAway, entry.action == .destroy { continue }
            let name = view.name(of: entry.record)
            do {
                try await authority.perform(entry, called: name, context: context, announce: announce)
                outcome.done += 1
            } catch {
                let failure = KeyServiceError(error)
                if failure == .conflict { continue }
                guard failure.isOfOneKey else { throw failure }
                isAuditAway = isAuditAway || failure.cause == KeyServiceError.auditUnavailable.cause
                logger.error(
                    "scheduled work failed",
                    metadata: ["key": "\(name)", "action": "\(entry.action.text)", "error": "\(failure)"])
                try await authority.noteFailure(of: entry, called: name, failure)
                failed.append(entry)
            }
        }
        outcome.failed = failed.count
        if !outcome.hasMore { try await tellOverdue(entries, failed: failed, view: view, now: now) }
        return outcome
    }

    /// Of what should have been rotated and was not: paused, or failing.
    private func tellOverdue(
        _ entries: [Schedule.Entry], failed: [Schedule.Entry], view: ScheduleView, now: Int64
    ) async throws {
        let failing = Set(failed.map(\.record.version))
        let overdue = entries.filter {
            $0.action == .rotate && $0.isLate(atUnixUs: now) && ($0.wait != nil || failing.contains($0.record.version))
                && !view.note(of: $0.record).isOverdueTold
        }
        try await authority.tellOverdue(overdue.map { (view.name(of: $0.record), $0.record) })
    }

    private func refreshedView(_ now: Int64) async throws -> ScheduleView {
        let former = state.withLock { $0 }
        let isFull = now - former.readUnixUs >= fullReadInterval || now < former.readUnixUs
        let view = try await authority.read { reader in
            if isFull { try await StoreHistory(reader: reader).verify() }
            var view = isFull ? ScheduleView() : former.view
            try await view.refresh(reader)
            return view
        }
        state.withLock { $0 = State(view: view, readUnixUs: isFull ? now : former.readUnixUs) }
        return view
    }
}

extension KeyServiceError {
    /// Whether only the key at hand is concerned, so that others can go on: not the database or this process.
    var isOfOneKey: Bool {
        switch self.cause {
        case Self.databaseUnavailable.cause, Self.sealed.cause, Self.cancelled.cause: false
        default: true
        }
    }
}
