import FieldsealTransparencyLog
import Testing

@Suite struct LossStatementTests {
    private func last(_ origin: String = "log.test/old") throws -> SignedNote {
        var note = try SignedNote(text: try Checkpoint(origin: origin, size: 7, root: TreeHash(sha256: [7])).text)
        note.add([SignedNote.Signature(key: try KeyName("log.test/old", id: 5), bytes: [1, 2, 3])])
        return note
    }

    private func statement(reason: String = "the disk was lost") throws -> LossStatement {
        try LossStatement(
            origin: "log.test/new", databaseSize: 5, databaseRoot: TreeHash(sha256: [5]), time: 1_795_000_000,
            reason: reason, last: try last())
    }

    @Test func aStatementIsReadAsItWasWritten() throws {
        let statement = try statement()
        #expect(try LossStatement(text: statement.text) == statement)
        #expect(statement.lastCheckpoint.size == 7)
        // It can be signed, though it holds a note itself.
        var note = try SignedNote(text: statement.text)
        note.add([SignedNote.Signature(key: try KeyName("log.test/new", id: 9), bytes: [4, 5, 6])])
        let read = try SignedNote(parsing: note.encoded)
        #expect(read.text == statement.text && read.signatures == note.signatures)
    }

    @Test func whatIsNoneIsRefused() throws {
        for reason in ["", "a\nb", String(repeating: "é", count: 501)] {
            #expect(throws: NoteError.malformed) { try statement(reason: reason) }
        }
        #expect(throws: NoteError.origin) {
            try LossStatement(
                origin: "log.test/old", databaseSize: 5, databaseRoot: .zero, time: 0, reason: "x", last: try last())
        }
        let text = try statement().text
        for (part, other) in [
            ("/v1", "/v2"), ("\n5 ", "\n05 "), ("\n5 ", "\n-5 "), ("1795000000", "1795000000 "), ("\n\nlog", "\nlog"),
            ("\n7\n", "\n07\n"), ("log.test/new", "log.test/old"),
        ] {
            #expect(throws: NoteError.self, "\(part)") { try LossStatement(text: text.replacing(part, with: other)) }
        }
        #expect(throws: NoteError.self) { try LossStatement(text: text + "x") }
        #expect(throws: NoteError.self) { try LossStatement(text: "") }
    }
}
