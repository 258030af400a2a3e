import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import Synchronization

@testable import KeyManagementService

/// Fifty tables whose keys three replicas look after, a day a step, and what befalls replicas and their database.
final class TwoYears {
    static let steps = 2 * 365
    /// Days on which nobody works.
    static let outages: [ClosedRange<Int>] = [200...212, 480...489]

    enum Event: CaseIterable {
        case replicaDies, connectionsAreCut, databaseCrashes, databaseRestarts, allWorkAtOnce

        /// Of 200 steps.
        var share: Int {
            switch self {
            case .replicaDies, .connectionsAreCut: 10
            case .databaseCrashes, .databaseRestarts: 2
            case .allWorkAtOnce: 6
            }
        }
    }

    struct Replica {
        let authority: KeyAuthority
        let scheduler: Scheduler
    }

    let clock = StoreClock()
    let observer: KeyAuthority
    let fields: [FieldName]
    let recipient: Recipient
    var random: SeededGenerator
    /// Of versions that were handed out.
    var keys: [KeyVersion: [UInt8]] = [:]
    /// The steps at the end of which all that was due is done.
    private(set) var worked: [Int64] = []
    private(set) var happened: [Event: Int] = [:]
    private let server: DatabaseServer
    private let store: TestStore
    private let announcements = Announcements()
    private let progress = Progress()
    private var replicas: [Replica] = []
    private var step = 0

    /// What was announced before it was destroyed.
    var announced: Set<UInt64> { announcements.versions.withLock { $0 } }

    init(_ store: TestStore, on server: DatabaseServer, seed: UInt64) async throws {
        self.server = server
        self.store = store
        random = SeededGenerator(state: seed)
        recipient = try Recipient()
        observer = try await store.replica(at: clock)
        fields = try await Self.declare(observer)
        for _ in 0..<3 { replicas.append(try await replica()) }
    }

    /// A replica that starts now: it verifies all rows against the chain of changes.
    func replica() async throws -> Replica {
        let authority = try store.sealedReplica { [clock, progress] in
            progress.made()
            return clock.now
        }
        try await authority.unseal()
        let scheduler = Scheduler(
            authority: authority, replica: "test", fullReadInterval: 365 * RotationPolicy.day, logger: TestStore.logger
        ) { [announcements] in
            announcements.add($0)
        }
        return Replica(authority: authority, scheduler: scheduler)
    }

    func advance() async throws {
        clock.advance(days: 1)
        step += 1
        guard !Self.outages.contains(where: { $0.contains(step) }) else { return }
        if let event = draw() {
            try await undergo(event)
            happened[event, default: 0] += 1
        }
        try await workOff()
        worked.append(clock.now)
        if step % 15 == 0 { try await count() }
        if step % 30 == 0 { try await check() }
    }

    private func draw() -> Event? {
        var number = Int.random(in: 0..<200, using: &random)
        for event in Event.allCases {
            number -= event.share
            if number < 0 { return event }
        }
        return nil
    }

    private func undergo(_ event: Event) async throws {
        let turn = Int.random(in: 0..<replicas.count, using: &random)
        switch event {
        case .replicaDies:
            try await duringWork(of: replicas[turn]) { $0.cancel() }
            // A start takes long: only some are replaced.
            guard happened[event, default: 0] % 8 == 0 else { return }
            await replicas[turn].authority.pool.close()
            replicas[turn] = try await replica()
        case .connectionsAreCut:
            try await duringWork(of: replicas[turn]) { [observer] _ in
                _ = try? await observer.pool.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """)
            }
        case .databaseCrashes:
            try await duringWork(of: replicas[turn]) { [server] _ in try await server.restart(.immediate) }
        case .databaseRestarts:
            try await duringWork(of: replicas[turn]) { [server] _ in try await server.restart(.fast) }
        case .allWorkAtOnce:
            let schedulers = replicas.map(\.scheduler)
            try await withThrowingTaskGroup { group in
                for scheduler in schedulers {
                    group.addTask { _ = try await Self.persistently { try await scheduler.tick() } }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Lets something happen when a tick has come to a point that is drawn, or to its end.
    private func duringWork(
        of replica: Replica, _ happen: (Task<Void, Never>) async throws -> Void
    ) async throws {
        let point = Int.random(in: 1...12, using: &random)
        let steps = progress.follow()
        let work = Task { [progress] in
            _ = try? await replica.scheduler.tick()
            progress.end()
        }
        var passed = 0
        for await _ in steps {
            passed += 1
            if passed == point { break }
        }
        try await happen(work)
        await work.value
    }

    /// Any replica does all that is due, as soon as the seat of one that is gone is free.
    func workOff() async throws {
        let scheduler = replicas[Int.random(in: 0..<replicas.count, using: &random)].scheduler
        let observer = observer
        try await Self.persistently {
            var outcome: Scheduler.Outcome
            repeat {
                try await observer.pool.withTransaction {
                    try await $0.lockUntilCommit(SchedulerSeat.lock, timeout: .seconds(30))
                }
                outcome = try await scheduler.tick()
                try KeyModel.require(outcome.hasLock && outcome.failed == 0, "\(outcome)")
            } while outcome.hasMore
        }
    }

    /// Repeats what finds its connection cut or its database away.
    private static func persistently<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        for _ in 0..<20 {
            do {
                return try await body()
            } catch  where KeyServiceError(error).cause == KeyServiceError.databaseUnavailable.cause {}
        }
        return try await body()
    }

    private final class Announcements: Sendable {
        let versions = Mutex<Set<UInt64>>([])
        func add(_ event: AuditEvent) { versions.withLock { _ = $0.insert(event.keyVersion) } }
    }

    /// How far a tick has come: each of its changes reads the clock.
    private final class Progress: Sendable {
        private let follower = Mutex<AsyncStream<Void>.Continuation?>(nil)

        func follow() -> AsyncStream<Void> {
            let (steps, continuation) = AsyncStream<Void>.makeStream()
            follower.withLock { $0 = continuation }
            return steps
        }

        func made() { follower.withLock { _ = $0?.yield() } }
        func end() { follower.withLock { $0?.finish() } }
    }
}
