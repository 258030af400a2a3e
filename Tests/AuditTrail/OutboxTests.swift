import FieldsealPostgres
import Glibc
import Logging
import Testing

@testable import FieldsealAuditTrail

/// The conninfo of a server on which tests may make databases.
private let testServer = getenv("FIELDSEAL_TEST_POSTGRES").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }

@Suite(.enabled(if: testServer != nil, "FIELDSEAL_TEST_POSTGRES names no server"))
struct OutboxTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` with the outbox in a database of its own.
    private func withDatabase(_ body: (PostgresPool) async throws -> Void) async throws {
        let server = try #require(testServer)
        let name = "test_\(UInt64.random(in: 0 ... .max))"
        let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: logger)
        try await administration.query("CREATE DATABASE \(identifier: name)")
        let pool = try PostgresPool(.init(conninfo: server + " dbname=\(name)", maximumConnections: 8), logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await Outbox.migrations.apply(to: pool, logger: logger)
            outcome = .success(try await body(pool))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        try await administration.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administration.close()
        try outcome.get()
    }

    private func insert(_ numbers: [Int], _ pool: PostgresPool) async throws {
        try await pool.withTransaction { transaction in
            try await Outbox.insert(numbers.map { .numbered($0) }, unixMicroseconds: 5, in: transaction)
        }
    }

    private func waiting(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT count(*) AS rows FROM audit_outbox").single().value("rows")
    }

    @Test("events of a committed transaction reach the log in order, with their ids and times")
    func relay() async throws {
        try await withDatabase { pool in
            let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
            let relay = OutboxRelay(pool: pool, trail: test.trail, logger: logger)
            try await insert([1, 2, 3], pool)
            try await insert([4], pool)
            #expect(try await relay.relay() == 4)
            #expect(try await relay.relay() == 0)
            #expect(try await waiting(pool) == 0)
            try await test.finish()
            let events = try test.sink.events().filter { !$0.object.isEmpty }
            #expect(events.map(\.object) == ["1", "2", "3", "4"])
            #expect(Set(events.map(\.outboxID)).count == 4)
            #expect(events.allSatisfy { $0.outboxID.count == 16 && $0.firstUnixUs == 5 && $0.count == 1 })
        }
    }

    @Test("a rolled back transaction leaves no event")
    func rollback() async throws {
        struct Regret: Error {}
        try await withDatabase { pool in
            let regretful: Void? = try? await pool.withTransaction { transaction in
                try await Outbox.insert([.numbered(1)], unixMicroseconds: 5, in: transaction)
                throw Regret()
            }
            #expect(regretful == nil)
            let rows = try await waiting(pool)
            #expect(rows == 0)
        }
    }

    @Test("a row is kept until its event is durable, and comes again under the same id")
    func keptUntilDurable() async throws {
        try await withDatabase { pool in
            try await insert([1], pool)
            let disk = MemoryDisk()
            let failing = try TestTrail(disk, sink: RecordingSink())
            disk.fail(at: disk.operations + 1, as: .answerLost)
            let relay = OutboxRelay(pool: pool, trail: failing.trail, logger: logger)
            await #expect(throws: AuditTrailError.failed) { try await relay.relay() }
            #expect(try await waiting(pool) == 1)
            let next = try TestTrail(disk.afterKill(), sink: RecordingSink())
            #expect(try await OutboxRelay(pool: pool, trail: next.trail, logger: logger).relay() == 1)
            try await next.finish()
            let events = try next.sink.events().filter { !$0.object.isEmpty }
            #expect(events.map(\.object) == ["1", "1"], "it was durable although the answer was lost")
            #expect(Set(events.map(\.outboxID)).count == 1)
        }
    }

    @Test("two replicas and many writers: every event once", .timeLimit(.minutes(5)))
    func replicas() async throws {
        try await withDatabase { pool in
            let sink = RecordingSink()
            let trails = try (0..<2).map { _ in try TestTrail(MemoryDisk(), sink: sink) }
            let relays = trails.map { OutboxRelay(pool: pool, trail: $0.trail, logger: logger) }
            let running = relays.map { relay in Task { try await relay.run() } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask { for number in 0..<25 { try await self.insert([writer * 1000 + number], pool) } }
                }
                try await group.waitForAll()
            }
            while try await waiting(pool) > 0 { await Task.yield() }
            for task in running { task.cancel() }
            for task in running { _ = await task.result }
            for trail in trails { try await trail.finish() }
            let events = try sink.events().filter { !$0.object.isEmpty }
            #expect(events.count == 100)
            #expect(Set(events.map(\.object)).count == 100)
        }
    }

    @Test("a row that is no event stops the relay before it, and is kept")
    func garbage() async throws {
        try await withDatabase { pool in
            let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
            let id = identifier(1).bytes
            let garbage: [UInt8] = [0xff]
            try await pool.query("INSERT INTO audit_outbox (outbox_id, event) VALUES (\(id), \(garbage))")
            let relay = OutboxRelay(pool: pool, trail: test.trail, logger: logger)
            await #expect(throws: (any Error).self) { try await relay.relay() }
            #expect(try await waiting(pool) == 1)
        }
    }
}
