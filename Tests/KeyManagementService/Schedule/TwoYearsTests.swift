import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import Synchronization
import Testing

@testable import KeyManagementService

/// Two years of 50 tables in one database, twelve hours a step, by replicas that crash and whose connections are cut.
@Suite(.enabled(if: TestStore.isConfigured), .serialized) struct TwoYearsTests {
    private static let day = RotationPolicy.day
    private static let outages: [ClosedRange<Int>] = [200...212, 480...489]

    /// What is announced before it is destroyed.
    private final class Announcements: Sendable {
        private let versions = Mutex<Set<UInt64>>([])
        var all: Set<UInt64> { versions.withLock { $0 } }
        func add(_ event: AuditEvent) { versions.withLock { _ = $0.insert(event.keyVersion) } }
    }

    private struct Replica {
        let authority: KeyAuthority
        let scheduler: Scheduler
    }

    @Test(arguments: [UInt64(7)]) func nothingIsMissedAndNothingIsLost(seed: UInt64) async throws {
        var random = SeededRandom(state: seed)
        let clock = StoreClock()
        let announcements = Announcements()
        try await TestStore.with { store in
            func replica() async throws -> Replica {
                let authority = try await store.replica(at: clock)
                let scheduler = Scheduler(authority: authority, replica: "test", logger: TestStore.logger) {
                    announcements.add($0)
                }
                return Replica(authority: authority, scheduler: scheduler)
            }
            var replicas = [try await replica(), try await replica(), try await replica()]
            let observer = try await store.replica(at: clock)
            let fields = try await Self.declare(observer)
            let recipient = try Recipient()
            var keys: [KeyVersion: [UInt8]] = [:]
            var crashes = 0

            for step in 0..<(2 * 365 * 2) {
                clock.advance(days: 0.5)
                let day = step / 2
                guard !Self.outages.contains(where: { $0.contains(day) }) else { continue }
                let turn = Int.random(in: 0..<replicas.count, using: &random)
                switch Int.random(in: 0..<50, using: &random) {
                case 0:
                    // A replica dies somewhere in its work and another one takes its place.
                    let scheduler = replicas[turn].scheduler
                    let work = Task { try? await scheduler.tick() }
                    for _ in 0..<Int.random(in: 0..<400, using: &random) { await Task.yield() }
                    work.cancel()
                    _ = await work.value
                    if crashes % 4 == 0 {
                        await replicas[turn].authority.pool.close()
                        replicas[turn] = try await replica()
                    }
                    crashes += 1
                case 1:
                    // The database throws everybody out.
                    async let tick = try? replicas[turn].scheduler.tick()
                    for _ in 0..<Int.random(in: 0..<400, using: &random) { await Task.yield() }
                    _ = try? await observer.pool.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                        """)
                    _ = await tick
                    try await Self.persistently { _ = try await observer.pool.query("SELECT 1") }
                    crashes += 1
                case 2:
                    // All at once.
                    let all = replicas
                    try await withThrowingTaskGroup { group in
                        for replica in all {
                            group.addTask { _ = try await Self.persistently { try await replica.scheduler.tick() } }
                        }
                        try await group.waitForAll()
                    }
                default:
                    let scheduler = replicas[turn].scheduler
                    let outcome = try await Self.persistently { try await scheduler.tick() }
                    #expect(outcome.hasLock && outcome.failed == 0)
                }
                if step % 30 == 0 { try await Self.count(fields, observer) }
                if step % 60 == 0 {
                    // A tick that comes to its end leaves nothing late, whatever became of those before.
                    let scheduler = replicas[turn].scheduler
                    _ = try await Self.persistently { try await scheduler.tick() }
                    try await Self.check(fields, observer, recipient, &keys, &random)
                }
            }
            #expect(crashes > 20)
            while try await replicas[0].scheduler.tick().done > 0 {}
            #expect(try await observer.schedule(of: "").entries.filter { $0.entry.isLate(atUnixUs: clock.now) }.isEmpty)
            try await Self.judge(observer, now: clock.now, announced: announcements.all)
            // The chain of changes holds to the end: a new replica verifies every row of it.
            _ = try await store.replica(at: clock)
        }
    }

    /// A connection that the server has cut is found dead at its next use; the next attempt has another one.
    private static func persistently<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        for _ in 0..<20 {
            do {
                return try await body()
            } catch {
                guard KeyServiceError(error).cause == KeyServiceError.databaseUnavailable.cause else { throw error }
            }
        }
        return try await body()
    }

    /// Fifty tables with a field of the default period and one of its own.
    private static func declare(_ replica: KeyAuthority) async throws -> [FieldName] {
        let tables = (0..<50).map { number in
            CatalogDeclaration.Table(
                name: "t\(number)", keyColumns: ["id"],
                fields: [
                    .init(
                        name: "plain", sensitivity: .high, rowBound: false, recordKeys: false,
                        lifecycle: .init(backupRetentionDays: 14), indexes: []),
                    .init(
                        name: "slow", sensitivity: .low, rowBound: false, recordKeys: false,
                        lifecycle: .init(rotationDays: 180, transitionDays: 10, backupRetentionDays: 0), indexes: []),
                ])
        }
        _ = try await replica.applyCatalog(CatalogDeclaration(tables: tables), context: .test)
        let fields = tables.flatMap { table in table.fields.map { FieldName(table: table.name, field: $0.name) } }
        for field in fields { _ = try await replica.ensureKeys(of: field, context: .test) }
        return fields
    }

    /// The application has moved all values to the active versions and counts them; all fields in one transaction.
    private static func count(_ fields: [FieldName], _ replica: KeyAuthority) async throws {
        _ = try await replica.change { writer in
            let records = Dictionary(
                grouping: try await writer.reader.keys("key_type = 'fek' AND state <> 'destroyed'", limit: 10_000),
                by: \.object.id)
            let censuses = Dictionary(
                try await writer.reader.censuses(where: "true").map { ($0.field, $0) },
                uniquingKeysWith: { first, _ in first })
            for (field, versions) in records {
                let report = CensusRules.Report(
                    field: field, location: "", begunUnixUs: writer.nowUnixUs, reportedUnixUs: writer.nowUnixUs,
                    reporter: "test", isPrimary: true)
                try await writer.write(
                    CensusRules.census(report, counts: [:], versions: versions, after: censuses[field]))
            }
        }
    }

    private static func check(
        _ fields: [FieldName], _ replica: KeyAuthority, _ recipient: Recipient, _ keys: inout [KeyVersion: [UInt8]],
        _ random: inout SeededRandom
    ) async throws {
        let now = replica.clock()
        let entries = try await replica.schedule(of: "").entries
        let late = entries.filter { $0.entry.action == .rotate && $0.entry.isLate(atUnixUs: now) }
        #expect(late.isEmpty, "\(late.first?.name ?? "") is late")
        let active = try await replica.pool.query(
            "SELECT count(*) AS n FROM encryption_keys WHERE is_active GROUP BY key_type, key_id")
        #expect(active.count == 50 + 100 + 3)
        // What was handed out opens to the same key for as long as it is not retired.
        for field in fields.shuffled(using: &random).prefix(6) {
            for named in try await replica.key(named: "\(field)", version: nil).versions
            where named.record.state.isGranted {
                let grant = try await replica.grant(field, version: named.record.version, to: recipient)
                let key = try recipient.open(grant)
                if let known = keys[named.record.version] { #expect(known == key) }
                keys[named.record.version] = key
            }
        }
    }

    /// The tombstones tell the whole history.
    private static func judge(_ replica: KeyAuthority, now: Int64, announced: Set<UInt64>) async throws {
        let outage = Int64(outages.map(\.count).max() ?? 0) * day
        let all = try await replica.read { try await $0.keys("true", limit: 1_000_000) }
        let slow = Set(
            try await replica.catalog().catalog.fields.filter { $0.name == "slow" }.map(\.id))
        for (object, records) in Dictionary(grouping: all, by: \.object) where object.kind.isRotatable {
            let sorted = records.sorted { $0.rotationCount < $1.rotationCount }
            #expect(sorted.map { Int($0.rotationCount) } == Array(0..<sorted.count))
            #expect(sorted.last?.state == .active && sorted.dropLast().allSatisfy { $0.state != .active })
            let life: Int64 =
                switch object.kind {
                case .master: 365
                case .dek: 90
                default: slow.contains(object.id) ? 180 : 30
                }
            #expect(sorted.count >= 2 * 365 / life)
            let window: Int64 = slow.contains(object.id) ? 10 : 30
            for record in sorted.dropLast() {
                let left = try #require(record.deactivatedUnixUs)
                let age = left - record.createdUnixUs
                #expect(age <= life * day + outage, "\(object.kind) lived for \(age / day) days")
                #expect(age >= life * day - life * day / 10 - day)
                guard record.state == .destroyed else {
                    // Window, a month until the next count, the waiting period, backups.
                    #expect(now - left <= (window + 15 + 30 + 15 + 14 + 2) * day + outage, "\(record.state)")
                    continue
                }
                #expect(record.encryptedKey.isEmpty)
                #expect(record.stateUnixUs - left >= (window + 30) * day)
                #expect(announced.contains(record.version.rawValue))
            }
        }
        #expect(Set(all.map(\.version)).count == all.count)
        #expect(all.filter { $0.state == .destroyed }.count > 1_000)
        let failures = try await replica.pool.query("SELECT FROM alerts WHERE kind = 'rotation-failed'")
        #expect(failures.isEmpty)
    }
}

/// Reproducible draws.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
