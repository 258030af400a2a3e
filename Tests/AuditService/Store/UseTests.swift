import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import AuditService

@Suite("Use", .enabled(if: TestLog.isConfigured))
struct UseTests {
    private func use(
        of version: UInt64, by actor: String, asserted: String = "", _ operation: Proto.Operation = .decrypt,
        count: UInt64 = 1, outcome: Int32 = 0, at time: Int64 = 1_000
    ) -> Proto.Event {
        var event = event(operation, at: time)
        event.actor = actor
        event.assertedActor = asserted
        event.keyVersion = version
        event.count = count
        event.outcome = outcome
        event.lastUnixUs = time + 10
        return event
    }

    private func summary(
        _ test: TestLog, _ filter: Proto.QueryRequest? = nil, versions: [UInt64] = []
    ) async throws -> Proto.SummarizeUseResponse {
        try await test.log.use(try UseRequest(.init(filter: filter, keyVersions: versions)))
    }

    @Test func itemsAreAddedUpByWhoDidWhatUnderWhichVersion() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let high = UInt64.max - 1
            _ = try await test.log.append([
                try chain.block([
                    use(of: 1, by: "opener"), use(of: 7, by: "a", count: 40, at: 100),
                    use(of: 7, by: "a", count: 2, outcome: 7, at: 50),
                    use(of: 7, by: "a", asserted: "clerk", at: 60), use(of: high, by: "b", .encrypt, count: 3),
                ]),
                try chain.block([use(of: 7, by: "a", count: 2, at: 900), use(of: 9, by: "b")]),
            ])
            let seven = try await summary(test, versions: [7])
            #expect(!seven.truncated)
            #expect(
                seven.uses == [
                    .init(
                        actor: "a", operation: .decrypt, table: "users", field: "email", keyVersion: 7, succeeded: 42,
                        failed: 2, firstUnixUs: 50, lastUnixUs: 910),
                    .init(
                        actor: "a", assertedActor: "clerk", operation: .decrypt, table: "users", field: "email",
                        keyVersion: 7, succeeded: 1, firstUnixUs: 60, lastUnixUs: 70),
                ])
            #expect(try await summary(test, versions: [high, 9]).uses.map(\.succeeded) == [3, 1])
            #expect(try await summary(test, .init(actor: "b")).uses.map(\.keyVersion) == [high, 9])
            #expect(try await summary(test, .init(actor: "b"), versions: [high]).uses.map(\.succeeded) == [3])
            #expect(try await summary(test, .init(fromUnixUs: 500, actor: "a")).uses.map(\.succeeded) == [2])
            #expect(try await summary(test, .init(table: "orders")) == .init())
        }
    }

    @Test func hugeCountsStayNumbers() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let events = [use(of: 1, by: "opener"), use(of: 7, by: "a", count: .max), use(of: 7, by: "a", count: .max)]
            _ = try await test.log.append([try chain.block(events)])
            #expect(try await summary(test, versions: [7]).uses.map(\.succeeded) == [UInt64(Int64.max)])
        }
    }

    @Test func anAnswerIsCutWhereItWouldNotFit() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            for first in stride(from: 0, to: 12_000, by: 4_000) {
                let events = (first..<first + 4_000).map { use(of: UInt64($0 + 1), by: "a") }
                _ = try await test.log.append([try chain.block(events)])
            }
            let summary = try await summary(test)
            #expect(summary.truncated && summary.uses.count == EventLog.maximumUses)
            #expect(summary.encoded().count < 4 << 20)
            #expect(try await !self.summary(test, versions: [12_000]).truncated)
        }
    }

    @Test func requestsOutOfRangeAreRefused() {
        #expect(throws: AuditServiceError.filter) { try UseRequest(.init(keyVersions: [0])) }
        #expect(throws: AuditServiceError.filter) {
            try UseRequest(.init(keyVersions: [UInt64](repeating: 1, count: 1_001)))
        }
        #expect(throws: AuditServiceError.filter) { try UseRequest(.init(filter: .init(untilUnixUs: -1))) }
    }

    @Test func theStoreRevisionIsTheProducersOwn() async throws {
        try await TestLog.with { test async throws in
            var keys = Chain(producer: "spiffe://fieldseal.test/service/key-management")
            var other = Chain(producer: "spiffe://fieldseal.test/service/encryption")
            func at(_ revision: UInt64) -> Proto.Event {
                var event = event(.rotateKey)
                event.storeRevision = revision
                return event
            }
            #expect(try await test.log.storeRevision(of: keys.producer) == 0)
            _ = try await test.log.append([try keys.block([at(3), at(12), at(5)])])
            _ = try await test.log.append([try keys.block([event()])])
            _ = try await test.log.append([try other.block([at(.max)])])
            #expect(try await test.log.storeRevision(of: keys.producer) == 12)
            #expect(try await test.log.storeRevision(of: other.producer) == .max)
            #expect(try await test.log.storeRevision(of: "") == 0)
        }
    }

    /// Rows that were stored before there were columns for it are read from their encodings.
    @Test func rowsFromBeforeTheColumnsCount() async throws {
        try await TestLog.with(migrated: false) { test async throws in
            let before = Migrations(component: "audit-log", Array(AuditSchema.migrations.steps.prefix(2)))
            try await before.apply(to: test.pool, logger: TestLog.logger)
            var chain = Chain()
            var revised = use(of: UInt64.max, by: "a", asserted: "Zoë", count: 300, at: 77)
            revised.storeRevision = 1 << 40
            revised.recordHashes = [UInt8](repeating: 0xff, count: 4_096)
            revised.hashKeyVersion = 0x0102_0304_0506_0708
            let plain = event()
            let block = try chain.block([plain, revised])
            let columns = ReceivedEvent.columns.dropLast(4)
            _ = try await test.pool.withTransaction { connection in
                _ = try await connection.copy(
                    [block.row(position: 1, storedAt: 1, in: .first).dropLast(2)], into: "audit_blocks",
                    columns: ReceivedBlock.columns.dropLast(2))
                let rows = block.events.enumerated().map {
                    Array($1.row(index: Int64($0 + 1), position: 1, in: .first).dropLast(4))
                }
                _ = try await connection.copy(rows, into: "audit_events", columns: Array(columns))
            }
            try await AuditSchema.migrations.apply(to: test.pool, logger: TestLog.logger)
            try await test.log.growTree()
            #expect(
                try await summary(test, versions: [.max]).uses == [
                    .init(
                        actor: "a", assertedActor: "Zoë", operation: .decrypt, table: "users", field: "email",
                        keyVersion: .max, succeeded: 300, firstUnixUs: 77, lastUnixUs: 87)
                ])
            #expect(try await test.log.storeRevision(of: chain.producer) == 1 << 40)
            // The chain goes on, and rows still cannot be changed.
            _ = try await test.log.append([try chain.block([use(of: 5, by: "b", count: 2)])])
            #expect(try await summary(test, versions: [5]).uses.map(\.succeeded) == [2])
            await #expect(throws: PostgresError.self) {
                try await test.pool.query("UPDATE audit_events SET item_count = 0")
            }
        }
    }
}
