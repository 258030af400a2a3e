import FieldsealMessages
import FieldsealPostgres
import FieldsealServiceRuntime
import Testing

@testable import AuditService

@Suite("Scope", .enabled(if: TestLog.isConfigured))
struct ScopeTests {
    private func event(_ table: String, _ field: String) -> Proto.Event {
        var event = Chain.event(.decrypt)
        (event.table, event.field) = (table, field)
        return event
    }

    @Test(
        arguments: [
            ([.table("users")], ["users.email", "users.name"]), ([.column("email")], ["users.email", "shops.email"]),
            ([.field(table: "users", column: "name")], ["users.name"]),
            ([.field(table: "users", column: "name"), .table("shops")], ["users.name", "shops.email"]),
            ([.table("' OR true --")], []), ([.table("user_")], []),
        ] as [([FieldPattern], [String])])
    func onlyEventsOfItsFieldsAreRead(patterns: [FieldPattern], expected: [String]) async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([
                try chain.block([
                    event("", ""), event("users", "email"), event("users", "name"), event("shops", "email"),
                    event("", ""),
                ])
            ])
            let filter = try EventFilter(.init(), within: .fields(patterns))
            let events = try await test.log.page(filter, try PageRequest(.init())).events.compactMap(\.event)
            #expect(events.map { "\($0.table).\($0.field)" } == expected)
            let uses = try await test.log.use(try UseRequest(.init(), within: .fields(patterns))).uses
            #expect(Set(uses.map { "\($0.table).\($0.field)" }) == Set(expected))
            // What is asked for narrows it further, and never widens it.
            let other = try EventFilter(.init(table: "orders"), within: .fields(patterns))
            #expect(try await test.log.page(other, try PageRequest(.init())).events.isEmpty)
        }
    }
}

@Suite("Search of records", .enabled(if: TestLog.isConfigured))
struct RecordSearchTests {
    @Test func eventsOfARecordAreFoundByItsHash() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let hashes = (1...3).map { [UInt8](repeating: $0, count: 16) }
            func event(_ hashes: [[UInt8]]) -> Proto.Event {
                var event = Chain.event(.decrypt)
                (event.recordHashes, event.hashKeyVersion) = (hashes.flatMap(\.self), 7)
                event.count = UInt64(hashes.count)
                return event
            }
            _ = try await test.log.append([
                try chain.block([Chain.event(), event([hashes[0], hashes[1]]), event([hashes[1]]), event([hashes[2]])])
            ])
            let filter = try EventFilter(.init(table: "users", recordHash: hashes[1]))
            #expect(try await test.log.page(filter, try PageRequest(.init())).events.map(\.index) == [2, 3])
            let elsewhere = try EventFilter(.init(table: "orders", recordHash: hashes[1]))
            #expect(try await test.log.page(elsewhere, try PageRequest(.init())).events.isEmpty)
        }
    }

    @Test func aSearchStaysWithinATable() {
        #expect(throws: AuditServiceError.filter) {
            try EventFilter(.init(recordHash: [UInt8](repeating: 1, count: 16)))
        }
        #expect(throws: AuditServiceError.filter) { try EventFilter(.init(table: "users", recordHash: [1])) }
    }
}

/// What the event of a query says was asked.
@Suite struct InquiryTests {
    @Test func anInquiryIsToldInWords() {
        #expect(Proto.QueryRequest().inquiry == "all")
        let query = Proto.QueryRequest(
            fromUnixUs: 5, untilUnixUs: 7, actor: "spiffe://a/b", operations: [.decrypt, .rotateKey],
            table: "public.users",
            field: "e_mail", keyVersion: 0xabc, outcome: .code, outcomeCode: 7, cursor: [1])
        #expect(
            query.inquiry
                == "from=5 until=7 actor=spiffe://a/b operations=decrypt,rotate-key table=public.users field=e_mail key-version=abc outcome=7 continued"
        )
        #expect(Proto.QueryRequest(outcome: .failure).inquiry == "outcome=failure")
    }

    @Test func textOfACallerDoesNotGetIntoTheLog() {
        let hostile = Proto.QueryRequest(
            actor: "ada@example.org", operations: [Proto.Operation](repeating: .decrypt, count: 64),
            table: "ada@example.org", field: String(repeating: "x", count: 2_000))
        #expect(hostile.inquiry.utf8.count < 1_024 && !hostile.inquiry.contains("ada"))
        #expect(hostile.inquiry.hasPrefix("actor=? operations=") && hostile.inquiry.hasSuffix(" table=? field=?"))
    }
}
