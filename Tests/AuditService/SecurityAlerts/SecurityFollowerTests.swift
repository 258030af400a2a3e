import FieldsealAlerts
import FieldsealMessages
import FieldsealPostgres
import FieldsealServiceRuntime
import Synchronization
import Testing

@testable import AuditService

/// The rules over a log in PostgreSQL.
@Suite("Security alerts", .enabled(if: TestLog.isConfigured))
struct SecurityFollowerTests {
    private func follower(_ test: TestLog, _ change: (inout SecurityRules) -> Void = { _ in }) -> SecurityFollower {
        var rules = SecurityRules()
        rules.checkpointNotCosigned = nil
        change(&rules)
        return SecurityFollower(
            log: test.log, publication: Publication(log: test.log, witnesses: [], quorum: 0), idleBeat: 1
        ) { [rules] in rules }
    }

    private func alerts(_ test: TestLog) async throws -> [String] {
        try await test.pool.query("SELECT kind || ' ' || object AS alert FROM alerts ORDER BY position").map {
            try $0.value("alert")
        }
    }

    private func failures(_ count: UInt64, cause: String = "tag") -> Proto.Event {
        var event = event(.decrypt)
        (event.outcome, event.cause, event.count) = (3, cause, count)
        return event
    }

    @Test func alertsOfWhatIsNewAreQueuedOnceWhoeverLooks() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block(), try chain.block([failures(1_000)])])
            let first = follower(test)
            // What the log held before it was watched is no news.
            #expect(try await !first.follow())
            #expect(try await alerts(test).isEmpty)
            _ = try await test.log.append([try chain.block([failures(60)])])
            #expect(try await !first.follow())
            // Another process goes on with what the first remembers.
            let second = follower(test)
            _ = try await test.log.append([try chain.block([failures(40)])])
            #expect(try await !second.follow())
            #expect(try await !first.follow())
            #expect(try await alerts(test) == ["failed-decrypts spiffe://fieldseal.test/backend"])
            _ = try await test.log.append([try chain.block([failures(99)])])
            #expect(try await !first.follow())
            #expect(try await alerts(test).count == 1)
        }
    }

    @Test func aTransactionThatFailedIsJudgedAgain() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let follower = follower(test)
            _ = try await follower.follow()
            _ = try await test.log.append([try chain.block(), try chain.block([failures(100)])])
            try await test.pool.query("ALTER TABLE alerts ADD CONSTRAINT away CHECK (false)")
            await #expect(throws: PostgresError.self) { try await follower.follow() }
            #expect(try await test.count("audit_watch_memories") == 0)
            try await test.pool.query("ALTER TABLE alerts DROP CONSTRAINT away")
            _ = try await follower.follow()
            #expect(try await alerts(test) == ["failed-decrypts spiffe://fieldseal.test/backend"])
            #expect(try await test.pool.query("SELECT last_event FROM audit_watch").single().value("last_event") == 2)
        }
    }

    @Test func whatBecameOfKeysIsReadFromTheLog() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var retirement = event(.retireKey, at: 2_000)
            (retirement.keyVersion, retirement.object) = (9, "users.email")
            var use = event(.decrypt, at: 400_000_000)
            use.keyVersion = 9
            let log = EventLog(pool: test.pool, clock: { 500_000_000 })
            _ = try await log.append([try chain.block(), try chain.block([retirement])])
            let follower = SecurityFollower(
                log: log, publication: Publication(log: log, witnesses: [], quorum: 0), idleBeat: 1
            ) {
                var rules = SecurityRules()
                rules.checkpointNotCosigned = nil
                return rules
            }
            _ = try await follower.follow()
            _ = try await log.append([try chain.block([use])])
            _ = try await follower.follow()
            #expect(try await alerts(test) == ["revoked-key-used users.email 0000000000000009"])
        }
    }

    @Test func findingsAndLateCheckpointsAreToldOnce() async throws {
        try await TestLog.with { test async throws in
            let time = Mutex(Int64(0))
            let log = EventLog(pool: test.pool, clock: { time.withLock { $0 } })
            let follower = SecurityFollower(
                log: log, publication: Publication(log: log, witnesses: [], quorum: 0), idleBeat: 1
            ) { SecurityRules() }
            _ = try await follower.follow()
            #expect(try await log.append([try Chain.second()]).finding?.kind == .unknownEpoch)
            time.withLock { $0 = 11 * 60_000_000 }
            for _ in 0..<2 { _ = try await follower.follow() }
            let expected = [
                "log-gap unknown-epoch spiffe://fieldseal.test/service/encryption", "checkpoint-not-cosigned ",
            ]
            #expect(try await alerts(test) == expected)
            // Another process, which has had time to publish one, does not tell it again.
            let next = SecurityFollower(
                log: log, publication: Publication(log: log, witnesses: [], quorum: 0), idleBeat: 1
            ) { SecurityRules() }
            time.withLock { $0 = 60 * 60_000_000 }
            _ = try await next.follow()
            #expect(try await alerts(test) == expected)
        }
    }

    @Test func aLongBacklogIsJudgedPieceByPiece() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let follower = follower(test) { $0.failedDecrypts?.count = 9_000 }
            _ = try await follower.follow()
            _ = try await test.log.append([try chain.block()])
            for _ in 0..<3 {
                _ = try await test.log.append([try chain.block((0..<3_000).map { _ in failures(1) })])
            }
            #expect(try await follower.follow())
            #expect(try await !follower.follow())
            #expect(try await alerts(test).count == 1)
        }
    }
}
