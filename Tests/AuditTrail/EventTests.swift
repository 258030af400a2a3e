import FieldsealMessages
import Testing

@testable import FieldsealAuditTrail

struct EventTests {
    @Test("a cause is a short word", arguments: ["a", "tag", "no-identity", "x2", String(repeating: "a", count: 24)])
    func cause(word: String) throws {
        #expect(try #require(AuditCause(word)).description == word)
    }

    @Test("what is no word is no cause", arguments: ["", "Tag", "a b", "é", "a\0", String(repeating: "a", count: 25)])
    func noCause(word: String) {
        #expect(AuditCause(word) == nil)
    }

    @Test("causes differ where their words do")
    func causesDiffer() {
        #expect(AuditCause("tag") == "tag")
        #expect(AuditCause("tag") != "tags")
        #expect(AuditCause("12345678") != AuditCause("123456781"))
        #expect(AuditCause.none.description.isEmpty)
    }

    @Test("an identifier keeps its bytes")
    func identifierBytes() {
        let bytes = Array(UInt8(1)...16)
        #expect(EventIdentifier(bytes)?.bytes == bytes)
        #expect(EventIdentifier(Array(bytes.dropLast())) == nil)
        #expect(EventIdentifier(bytes + [0]) == nil)
        #expect(EventIdentifier(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10).bytes == bytes)
    }

    @Test("equal actors and fields share a handle")
    func handlesAreShared() {
        let table = HandleTable()
        let first = table.actor(AuditActor(identity: "spiffe://test/a"))
        #expect(table.actor(AuditActor(identity: "spiffe://test/a")) === first)
        #expect(table.actor(AuditActor(identity: "spiffe://test/a", asserted: "b")) !== first)
        let field = table.field(table: "users", field: "email")
        #expect(table.field(table: "users", field: "email") === field)
        #expect(table.field(table: "users", field: "name").id != field.id)
        #expect(table.field(table: "", field: "") === FieldHandle.none)
    }

    @Test("actors without number do not fill the table")
    func actorsAreBounded() {
        let table = HandleTable()
        for number in 0..<5000 { _ = table.actor(AuditActor(identity: "\(number)")) }
        #expect(table.actorCount <= 1024)
    }

    @Test("long names are cut at a character, and a NUL is none")
    func longNames() {
        #expect("aé".fitted(toBytes: 2) == "a")
        #expect("aé".fitted(toBytes: 3) == "aé")
        #expect("a\0b".fitted(toBytes: 9) == "a\u{FFFD}b")
        #expect("a\0b".fitted(toBytes: 4) == "a\u{FFFD}")
        #expect("a\0b".fitted(toBytes: 3) == "a")
        #expect(AuditActor(identity: String(repeating: "é", count: 3000)).identity.utf8.count == 2048)
    }

    @Test("an event survives the outbox's encoding")
    func outboxEncoding() throws {
        var event = AuditEvent(
            actor: AuditActor(identity: "spiffe://test/a", asserted: "spiffe://test/b"), operation: .rotateKey)
        event.table = "users"
        event.field = "email"
        event.keyVersion = 7
        event.outcome = 9
        event.cause = "state"
        event.count = 3
        event.hashKeyVersion = 2
        event.recordHashes = [identifier(1), identifier(2), identifier(3)]
        event.requestID = identifier(4)
        event.traceID = identifier(5)
        event.outboxID = identifier(6)
        event.object = "users.email"
        event.storeRevision = 11
        event.unixMicroseconds = 12
        event.lastUnixMicroseconds = 13
        let encoded = Proto.Event(event).encoded()
        #expect(try AuditEvent(Proto.Event(decoding: encoded)) == event)
    }

    @Test("an outbox row with a wrong id or cause is no event")
    func outboxGarbage() {
        #expect(AuditEvent(Proto.Event(requestIDs: [1])) == nil)
        #expect(AuditEvent(Proto.Event(recordHashes: [1, 2])) == nil)
        #expect(AuditEvent(Proto.Event(cause: "No word")) == nil)
    }
}
