import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Cursors and filters")
struct QueryTests {
    @Test func aCursorContinuesItsQuery() throws {
        var request = Proto.QueryRequest(actor: "a", pageSize: 10)
        request.cursor = EventCursor(after: 77, of: request).bytes
        request.pageSize = 500
        #expect(try PageRequest(request).after == 77)
    }

    @Test func aCursorOfAnotherQueryIsRefused() {
        var request = Proto.QueryRequest(actor: "a")
        request.cursor = EventCursor(after: 77, of: request).bytes
        for change: (inout Proto.QueryRequest) -> Void in [
            { $0.actor = "b" }, { $0.newestFirst = true }, { $0.fromUnixUs = 1 }, { $0.operations = [.encrypt] },
        ] {
            var other = request
            change(&other)
            #expect(throws: AuditServiceError.cursor) { try PageRequest(other) }
        }
    }

    @Test func aCursorThatWasTamperedWithIsRefusedOrOnlyMoves() {
        var request = Proto.QueryRequest()
        let bytes = EventCursor(after: 77, of: request).bytes
        for length in 1..<bytes.count {
            request.cursor = Array(bytes[..<length])
            #expect(throws: AuditServiceError.cursor) { try PageRequest(request) }
        }
        for bad in [
            bytes + [0], [2] + bytes.dropFirst(), [1, 0xff] + bytes.dropFirst(2), [UInt8](repeating: 1, count: 17),
        ] {
            request.cursor = bad
            #expect(throws: AuditServiceError.cursor) { try PageRequest(request) }
        }
    }

    @Test func limitsAreChecked() throws {
        #expect(throws: AuditServiceError.filter) { try PageRequest(Proto.QueryRequest(pageSize: 1_001)) }
        #expect(try PageRequest(Proto.QueryRequest()).size == 100)
        for bad in [
            Proto.QueryRequest(fromUnixUs: -1), Proto.QueryRequest(actor: "a\0"),
            Proto.QueryRequest(operations: [.unspecified]),
            Proto.QueryRequest(table: String(repeating: "t", count: 2_049)), Proto.QueryRequest(outcomeCode: 3),
            Proto.QueryRequest(operations: [Proto.Operation](repeating: .encrypt, count: 65)),
        ] {
            #expect(throws: AuditServiceError.filter) { try EventFilter(bad) }
        }
    }
}
