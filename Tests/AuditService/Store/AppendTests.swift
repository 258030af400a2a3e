import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import AuditService

@Suite("Appending", .enabled(if: TestLog.isConfigured))
struct AppendTests {
    @Test func blocksAreStoredOnceAsTheyWereSent() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let blocks = [try chain.block(), try chain.block([event(.decrypt), event(.rewrap)])]
            for _ in 0..<2 {
                let appended = try await test.log.append(blocks)
                #expect(appended.sequence == 2 && appended.finding == nil)
            }
            let rows = try await test.pool.query("SELECT position, block, stored_unix_us FROM audit_blocks ORDER BY 1")
            #expect(try rows.map { try $0.value("block", as: [UInt8].self) } == blocks.map(\.bytes))
            #expect(try rows.map { try $0.value("position", as: Int.self) } == [1, 2])
            let events = try await test.pool.query("SELECT index, event FROM audit_events ORDER BY 1")
            #expect(try events.map { try $0.value("event", as: [UInt8].self) } == blocks.flatMap(\.events).map(\.bytes))
            #expect(try events.map { try $0.value("index", as: Int.self) } == [1, 2, 3])
        }
    }

    @Test func aBlockWithOtherBytesIsRefusedAndFoundOnce() async throws {
        try await TestLog.with { test async throws in
            var (chain, other) = (Chain(), Chain())
            other.epoch = chain.epoch
            _ = try await test.log.append([try chain.block()])
            let forged = try other.block([event(.decrypt)])
            for _ in 0..<3 {
                let appended = try await test.log.append([forged])
                #expect(appended.finding == Finding(.fork, forged))
            }
            #expect(try await test.findings() == ["fork"])
            #expect(try await test.count("audit_blocks") == 1)
        }
    }

    @Test func aBlockThatItsEpochsKeyHasNotSignedIsRefusedAndFound() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let (first, second) = (try chain.block(), try chain.block())
            let forged = try ReceivedBlock(second.bytes, signature: first.signature)
            #expect(try await test.log.append([first, forged]).finding == Finding(.signature, forged))
            // The key is that of the stored block, whatever process asks.
            for log in [test.log, EventLog(pool: test.pool, clock: { 1 })] {
                #expect(try await log.append([forged]).finding?.kind == .signature)
            }
            #expect(try await test.log.append([second]).sequence == 2)
            var unsigned = Chain()
            unsigned.key = nil
            #expect(try await test.log.append([try unsigned.block()]).finding?.kind == .signature)
            #expect(try await test.findings() == ["signature", "signature"])
        }
    }

    @Test func whatStandsBeforeAGapIsStoredAndTheGapIsFound() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let blocks = [try chain.block(), try chain.block(), try chain.block()]
            let appended = try await test.log.append([blocks[0], blocks[2]])
            #expect(appended.sequence == 1 && appended.finding?.kind == .gap)
            let unknown = try await test.log.append([try Chain.second()])
            #expect(unknown.sequence == 0 && unknown.finding?.kind == .unknownEpoch)
            #expect(try await test.log.append(blocks).sequence == 3)
            #expect(try await test.findings() == ["gap", "unknown-epoch"])
            #expect(try await test.count("audit_events") == 3)
        }
    }

    @Test func anOutboxEventCountsOnceWhoeverShipsIt() async throws {
        try await TestLog.with { test async throws in
            var (one, two) = (Chain(), Chain(producer: "spiffe://fieldseal.test/service/keys"))
            var created = event(.createKey)
            created.outboxID = [UInt8](repeating: 9, count: 16)
            _ = try await test.log.append([try one.block([created, created]), try one.block([event()])])
            _ = try await test.log.append([try two.block([created, event()])])
            #expect(try await test.count("audit_blocks") == 3)
            let rows = try await test.pool.query(
                "SELECT index, outbox_id IS NOT NULL AS o FROM audit_events ORDER BY 1")
            #expect(try rows.map { try $0.value("index", as: Int.self) } == [1, 2, 3])
            #expect(try rows.map { try $0.value("o", as: Bool.self) } == [true, false, false])
        }
    }

    @Test func producersThatAppendTogetherLeaveNoGap() async throws {
        try await TestLog.with { test async throws in
            try await withThrowingTaskGroup { group in
                for number in 0..<6 {
                    group.addTask {
                        var chain = Chain(producer: "spiffe://fieldseal.test/service/\(number)")
                        for _ in 0..<10 {
                            _ = try await test.log.append([try chain.block([event(), event(.decrypt)])])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let row = try await test.pool.query(
                """
                SELECT count(*) AS n, max(index) AS last, (SELECT max(position) FROM audit_blocks) AS position,
                    bool_and(ordered) AS ordered
                FROM (SELECT index, position >= lag(position, 1, 0::bigint) OVER (ORDER BY index) AS ordered
                    FROM audit_events) AS e
                """
            ).single()
            #expect(try row.value("n") == 120)
            #expect(try row.value("last") == 120)
            #expect(try row.value("position") == 60)
            #expect(try row.value("ordered") == true)
        }
    }

    @Test func nothingThatIsStoredCanBeChanged() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block()])
            _ = try await test.log.append([try Chain.second()])
            let columns = [
                "audit_blocks": "dropped", "audit_events": "outcome", "audit_findings": "sequence",
                "audit_tree_heads": "term", "audit_tiles": "level", "audit_checkpoints": "term",
                "audit_cosignatures": "size", "audit_finding_reviews": "sequence", "audit_months": "month",
                "audit_outbox_events": "index", "audit_archives": "last_event", "audit_archived_epochs": "last_event",
                "audit_holds": "placed_unix_us", "audit_hold_releases": "released_unix_us",
                "audit_origin": "begun_unix_us", "audit_spans": "tile",
            ]
            for table in AuditSchema.tables {
                let column = try #require(columns[table])
                for statement: PostgresQuery in [
                    "UPDATE \(identifier: table) SET \(identifier: column) = 5", "DELETE FROM \(identifier: table)",
                    "TRUNCATE \(identifier: table) CASCADE",
                ] {
                    let error = await #expect(throws: PostgresError.self) { try await test.pool.query(statement) }
                    #expect(error?.sqlState == .raiseException)
                }
            }
            #expect(try await test.count("audit_events") == 1)
        }
    }
}

extension Chain {
    /// The second block of an epoch whose first was never sent.
    static func second() throws -> ReceivedBlock {
        var chain = Chain()
        _ = try chain.block()
        return try chain.block()
    }
}
