import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealSecureMemory
import Synchronization
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct SchedulerTests {
    let clock = StoreClock()
    let announced = Announced()

    final class Announced: Sendable {
        private let events = Mutex<[AuditEvent]>([])
        let isAway = Atomic(false)
        var all: [AuditEvent] { events.withLock { $0 } }

        func take(_ event: AuditEvent) throws {
            guard !isAway.load(ordering: .relaxed) else { throw KeyServiceError.auditUnavailable }
            events.withLock { $0.append(event) }
        }
    }

    private func scheduler(_ authority: KeyAuthority) -> Scheduler {
        Scheduler(authority: authority, replica: "a", logger: TestStore.logger) { [announced] in
            try announced.take($0)
        }
    }

    @Test func itBeginsAsSoonAsItIsUnsealed() async throws {
        try await TestStore.with { store in
            _ = try await store.replica()
            let replica = try store.sealedReplica()
            try await withThrowingTaskGroup { group in
                let scheduler = Scheduler(
                    authority: replica, replica: "a", interval: .seconds(3_600), logger: TestStore.logger
                ) { _ in }
                group.addTask { try await scheduler.run() }
                try await replica.unseal()
                let now = UnixClock.microseconds()
                func holder() async throws -> String {
                    try await replica.pool.withConnection { try await SchedulerSeat.holder($0, nowUnixUs: now) }
                }
                while try await holder().isEmpty { await Task.yield() }
                #expect(try await holder() == "a")
                group.cancelAll()
            }
        }
    }

    private func alerts(_ replica: KeyAuthority) async throws -> [String] {
        try await replica.pool.query("SELECT kind FROM alerts ORDER BY position").map { try $0.value("kind") }
    }

    private func with(
        provider: (any MasterKeyProvider)? = nil, lifecycle: FieldLifecycle = FieldLifecycle(),
        _ body: (TestStore, KeyAuthority, KeyRecord) async throws -> Void
    ) async throws {
        try await TestStore.with(provider: provider) { store in
            let replica = try await store.replica(at: clock)
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].lifecycle = lifecycle }, context: .test)
            try await body(store, replica, try await replica.ensureKeys(of: .email, context: .test))
        }
    }

    @Test func whatIsDueIsDoneOnceAmongReplicas() async throws {
        try await with { store, replica, first in
            let schedulers = [scheduler(replica), scheduler(try await store.replica(at: clock))]
            #expect(try await schedulers[0].tick() == .init(hasLock: true))
            clock.advance(days: 30)
            try await withThrowingTaskGroup { group in
                for number in 0..<8 { group.addTask { _ = try await schedulers[number % 2].tick() } }
                try await group.waitForAll()
            }
            let versions = try await replica.read { try await $0.versions(of: first.object, limit: 10) }
            #expect(versions.map(\.state) == [.active, .transition])
            #expect(try await replica.activeVersions(.dek).map(\.rotationCount) == [0])
        }
    }

    @Test func theLockKeepsOthersAway() async throws {
        try await with { store, replica, _ in
            let other = try store.pool(connections: 1)
            let scheduler = scheduler(replica)
            try await other.withTransaction { connection in
                _ = try await connection.tryLockUntilCommit(SchedulerSeat.lock)
                #expect(try await scheduler.tick() == .init(hasLock: false))
            }
            #expect(try await replica.schedule(of: "").holder == "")
            #expect(try await scheduler.tick().hasLock)
            #expect(try await replica.schedule(of: "").holder == "a")
            clock.advance(days: 1)
            #expect(try await replica.schedule(of: "").holder == "", "it has not ticked for long")
            await other.close()
        }
    }

    @Test func aFailureIsToldOnceAndTriedAgain() async throws {
        let provider = try SwitchedProvider()
        try await with(provider: provider) { _, replica, _ in
            let scheduler = scheduler(replica)
            clock.advance(days: 366)
            provider.isAway.store(true, ordering: .relaxed)
            let outcome = try await scheduler.tick()
            #expect(outcome.failed == 1, "the master key's; others go on")
            #expect(outcome.done == 2)
            #expect(try await alerts(replica) == ["rotation-failed", "rotation-overdue"])
            #expect(try await scheduler.tick() == .init(hasLock: true), "not before its pause is over")
            let entry = try #require(try await replica.schedule(of: "master").entries.first?.entry)
            #expect(entry.wait == .retry && entry.failures == 1 && entry.isLate(atUnixUs: clock.now))
            clock.advance(days: 0.1)
            #expect(try await scheduler.tick().failed == 1)
            #expect(try await alerts(replica).count == 2, "once for each key and change")
            #expect(try await replica.counts().lateRotations == 1)
            provider.isAway.store(false, ordering: .relaxed)
            clock.advance(days: 0.5)
            #expect(try await scheduler.tick() == .init(hasLock: true, done: 1))
            #expect(try await replica.activeVersions(.master).map(\.rotationCount) == [1])
            #expect(try await replica.counts().lateRotations == 0)
        }
    }

    @Test func aPauseHoldsAndIsToldWhenItIsOverdue() async throws {
        try await with { _, replica, first in
            let scheduler = scheduler(replica)
            let paused = try await replica.pauseRotation(of: "users", untilUnixUs: nil, context: .test)
            #expect(paused.map(\.name) == ["users"])
            clock.advance(days: 31)
            #expect(try await scheduler.tick() == .init(hasLock: true))
            #expect(try await scheduler.tick() == .init(hasLock: true))
            #expect(try await alerts(replica) == ["rotation-overdue"])
            #expect(try await replica.activeVersions(.fek).map(\.version) == [first.version])
            #expect(await failure { _ = try await replica.resumeRotation(of: "", context: .test) } == .notPaused)
            #expect(try await replica.resumeRotation(of: "users", context: .test).isEmpty)
            #expect(try await scheduler.tick().done == 1)
        }
    }

    @Test func aWindowWaitsForTheCensusAndDestructionForAll() async throws {
        let lifecycle = FieldLifecycle(backupRetentionDays: 40, locations: ["archive"])
        try await with(lifecycle: lifecycle) { _, replica, first in
            let scheduler = scheduler(replica)
            func report(_ location: String, rows: UInt64 = 0) async throws {
                _ = try await replica.report(
                    rows == 0 ? [:] : [first.version: rows], of: .email, location: location, begunUnixUs: clock.now,
                    isPrimary: true, context: .test)
            }
            func state() async throws -> KeyState {
                try await replica.key(named: "users.email", version: first.version).key.record.state
            }
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            _ = try await replica.pauseRotation(of: "users.note", untilUnixUs: nil, context: .test)
            clock.advance(days: 40)
            _ = try await scheduler.tick()
            #expect(try await state() == .transition, "nobody has counted")
            try await report("", rows: 5)
            try await report("archive")
            #expect(
                try await replica.key(named: "users.email", version: first.version).key.details.rows == 5)
            _ = try await scheduler.tick()
            #expect(try await state() == .transition, "something is left")
            #expect(await failure { try await report("elsewhere") } == .unknownLocation)
            try await report("")
            _ = try await scheduler.tick()
            #expect(try await state() == .retired)
            clock.advance(days: 31)
            _ = try await scheduler.tick()
            #expect(try await state() == .retired, "backups live longer")

            announced.isAway.store(true, ordering: .relaxed)
            clock.advance(days: 10)
            #expect(try await scheduler.tick().failed == 1)
            #expect(try await state() == .retired, "not before it stands in the log that it will be")
            announced.isAway.store(false, ordering: .relaxed)
            clock.advance(days: 1)
            _ = try await scheduler.tick()
            #expect(try await state() == .destroyed)
            #expect(announced.all.map(\.operation) == [.destroyKey])
            #expect(announced.all.map(\.cause) == ["intent"])
            #expect(announced.all.map(\.keyVersion) == [first.version.rawValue])
            let tombstone = try await replica.key(named: "users.email", version: first.version).key.record
            #expect(tombstone.encryptedKey.isEmpty)
            let left = try await replica.pool.query(
                "SELECT FROM encryption_keys WHERE version = \(first.version.column) AND encrypted_key <> ''")
            #expect(left.isEmpty)
            #expect(
                await failure { _ = try await replica.grant(.email, version: first.version, to: try Recipient()) }
                    == .notGranted(.destroyed))
        }
    }

    @Test func aCensusInTheFutureOrOlderThanTheLastIsRefused() async throws {
        try await with { _, replica, _ in
            func report(_ begun: Int64) async -> KeyServiceError? {
                await failure {
                    _ = try await replica.report(
                        [:], of: .email, location: "", begunUnixUs: begun, isPrimary: true, context: .test)
                }
            }
            #expect(await report(clock.now + RotationPolicy.hour) == .censusTime)
            #expect(await report(0) == .censusTime)
            #expect(await report(clock.now - 10) == nil)
            #expect(await report(clock.now - 11) == .censusTime)
            #expect(await report(clock.now) == nil)
            let known = try await replica.censuses(of: .email)
            #expect(known.map(\.begunUnixUs) == [clock.now])
        }
    }

    @Test func aDestructionIsOrderedAndCancelled() async throws {
        try await with { _, replica, first in
            func schedule(dryRun: Bool = false) async throws -> Destruction {
                try await replica.scheduleDestruction(
                    of: first.version, of: "users.email", dryRun: dryRun, context: .test)
            }
            #expect(await failure { _ = try await schedule() } == .wrongState(.active))
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            #expect(await failure { _ = try await schedule() } == .wrongState(.transition))
            _ = try await replica.retire(first.version, of: "users.email", dryRun: false, context: .test)
            let revision = try await replica.catalog().revision
            #expect(try await schedule(dryRun: true).wait == .undeclared)
            #expect(try await replica.catalog().revision == revision)
            #expect(try await schedule().wait == .undeclared)
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].lifecycle.backupRetentionDays = 0 }, context: .test)
            clock.advance(days: 1)
            _ = try await replica.report(
                [:], of: .email, location: "", begunUnixUs: clock.now, isPrimary: true, context: .test)
            let scheduled = try await schedule()
            #expect(scheduled.wait == .waitingPeriod)
            #expect(scheduled.dueUnixUs == clock.now + 29 * RotationPolicy.day)
            _ = try await replica.cancelDestruction(
                of: first.version, of: "users.email", dryRun: false, context: .test)
            _ = try await replica.pauseRotation(of: "", untilUnixUs: clock.now + 1, context: .test)
            clock.advance(days: 300)
            _ = try await scheduler(replica).tick()
            #expect(
                try await replica.key(named: "users.email", version: first.version).key.record.state == .retired)
            let again = try await schedule()
            #expect(again.dueUnixUs == clock.now + RotationPolicy.day, "there is a day to undo it")
            clock.advance(days: 1)
            _ = try await scheduler(replica).tick()
            #expect(
                try await replica.key(named: "users.email", version: first.version).key.record.state == .destroyed)
        }
    }

    @Test func forceTakesTwoAdministratorsWithinADay() async throws {
        try await with { _, replica, first in
            let announced = announced
            func force(_ name: String) async throws -> Destruction {
                try await replica.forceDestruction(
                    of: first.version, of: "users.email", dryRun: false, context: .operating(as: name)
                ) { try announced.take($0) }
            }
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            #expect(await failure { _ = try await force("a") } == .wrongState(.transition))
            _ = try await replica.retire(first.version, of: "users.email", dryRun: false, context: .test)
            #expect(try await force("a").state == .proposed)
            #expect(try await force("a").state == .proposed, "the same one does not second")
            clock.advance(days: 1.1)
            #expect(try await force("b").state == .proposed, "the first one's wish is over")
            #expect(announced.all.isEmpty)
            announced.isAway.store(true, ordering: .relaxed)
            #expect(await failure { _ = try await force("a") } == .auditUnavailable)
            announced.isAway.store(false, ordering: .relaxed)
            let done = try await force("a")
            #expect(done.state == .done)
            #expect(done.proposedBy.hasSuffix("/b"))
            #expect(done.key.record.state == .destroyed && done.key.record.encryptedKey.isEmpty)
            #expect(announced.all.map(\.cause) == ["intent"])
            #expect(announced.all.map(\.operation) == [.forceDestruction])
            #expect(try await alerts(replica).suffix(1) == ["key-destroyed"])
            #expect(await failure { _ = try await force("b") } == .wrongState(.destroyed))
        }
    }

    @Test func aParentWithChildrenIsNotRetiredOrDestroyed() async throws {
        try await with { _, replica, _ in
            let table = try #require(try await replica.keyObject(named: "users"))
            let old = try #require(try await replica.activeVersions(.dek).first)
            _ = try await replica.rotate(table, called: "users", context: .test)
            // A child left behind, as an emergency leaves what was compromised with its parent.
            let child = try #require(try await replica.activeVersions(.index).first)
            _ = try await replica.change { writer in
                var moved = child
                moved.identity = child.identity(under: old.identity)
                _ = try await writer.update(moved)
            }
            #expect(
                await failure {
                    _ = try await replica.retire(old.version, of: "users", dryRun: false, context: .test)
                } == .hasChildren)
            clock.advance(days: 31)
            _ = try await scheduler(replica).tick()
            let entry = try await replica.schedule(of: "users").entries.first { $0.entry.record.version == old.version }
            #expect(entry?.entry.wait == .children)
        }
    }

    @Test func manyAreCaughtUpInBoundedTicks() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(at: clock)
            var declaration = Sample.declaration()
            declaration.tables[0].fields = (0..<30).map { number in
                .init(name: "f\(number)", sensitivity: .low, rowBound: false, recordKeys: false, indexes: [])
            }
            _ = try await replica.applyCatalog(declaration, context: .test)
            for field in declaration.tables[0].fields {
                _ = try await replica.ensureKeys(
                    of: FieldName(table: "users", field: field.name), context: .test)
            }
            clock.advance(days: 800)
            let outcome = try await scheduler(replica).tick()
            #expect(outcome == .init(hasLock: true, done: 32))
            #expect(try await alerts(replica).isEmpty, "what was caught up is not told")
            #expect(try await replica.counts().lateRotations == 0)
        }
    }
}

/// Its service can be away.
final class SwitchedProvider: MasterKeyProvider {
    private let memory: MemoryProvider
    let isAway = Atomic(false)

    init() throws { memory = try MemoryProvider() }

    var name: String { memory.name }
    var algorithm: String { memory.algorithm }

    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        guard !isAway.load(ordering: .relaxed) else {
            throw MasterKeyError(code: .refused, description: "away")
        }
        return try await memory.wrap(key, as: identity)
    }

    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await memory.unwrap(wrapped, as: identity)
    }
}
