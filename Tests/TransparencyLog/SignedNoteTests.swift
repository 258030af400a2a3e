import FieldsealTransparencyLog
import Testing

/// The published examples of golang.org/x/mod/sumdb/note and of C2SP, and what the specification refuses.
@Suite struct SignedNoteTests {
    static let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
    static let text = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    static let peterLine =
        "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    static let enochLine =
        "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

    static func note(_ text: String) throws -> SignedNote { try SignedNote(parsing: Array(text.utf8)) }

    static func inserting(_ part: String, at offset: Int, in line: String) -> String {
        let index = line.index(line.startIndex, offsetBy: offset)
        return line[..<index] + part + line[index...]
    }

    @Test func knownKeysAreVerifiedAndOthersIgnored() throws {
        let peter = try NoteVerifier(Self.peter)
        let enoch = try NoteVerifier(Self.enoch)
        let note = try Self.note(Self.text + "\n" + Self.peterLine + Self.enochLine)
        #expect(note.text == Self.text && note.signatures.count == 2)
        #expect(try note.verified(by: [peter]) == [peter])
        #expect(try note.verified(by: [enoch, peter]) == [peter, enoch])
        #expect(try note.verified(by: []).isEmpty)
        #expect(String(decoding: note.encoded, as: UTF8.self) == Self.text + "\n" + Self.peterLine + Self.enochLine)
    }

    @Test func oneSignerCountsOnceHoweverOftenItSigned() throws {
        let peter = try NoteVerifier(Self.peter)
        let note = try Self.note(Self.text + "\n" + Self.peterLine + Self.peterLine)
        #expect(try note.verified(by: [peter, peter]) == [peter])
    }

    @Test func aWrongSignatureOfAKnownKeyRefusesTheNote() throws {
        let peter = try NoteVerifier(Self.peter)
        let wrong = Self.inserting("ABCD", at: 58, in: Self.peterLine)
        let note = try Self.note(Self.text + "\n" + Self.peterLine + wrong)
        #expect(throws: NoteError.signature) { try note.verified(by: [peter]) }
        let other = try Self.note(Self.text + "x\n\n" + Self.peterLine)
        #expect(throws: NoteError.signature) { try other.verified(by: [peter]) }
        #expect(try other.verified(by: [try NoteVerifier(Self.enoch)]).isEmpty)
    }

    @Test func aKeyThatSharesOnlyItsNameOrItsIDIsUnknown() throws {
        let peter = try NoteVerifier(Self.peter)
        let renamed = Self.peterLine.replacing("PeterNeumann", with: "CarmenSandiego")
        #expect(try Self.note(Self.text + "\n" + renamed).verified(by: [peter]).isEmpty)
        let otherID = Self.peterLine.replacing("x08g", with: "xxxx")
        #expect(try Self.note(Self.text + "\n" + otherID).verified(by: [peter]).isEmpty)
    }

    @Test func theTextMayHaveEmptyLines() throws {
        let example = """
            Ognuno sta solo sul cuor della terra
            trafitto da un raggio di sole:

            ed è subito sera.

            — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

            """
        let note = try Self.note(example)
        #expect(note.text.hasSuffix("sole:\n\ned è subito sera.\n"))
        #expect(note.signatures.map(\.key.name) == ["quasimodo.example/salvatore"])
        #expect(note.signatures.first?.bytes.count == 64)
        #expect(note.encoded == Array(example.utf8))
    }

    private static func peterLine(_ part: String, as other: String) -> String {
        text + "\n" + peterLine.replacing(part, with: other)
    }

    private static let refused: [String] = {
        var refused = [
            text, "\(text)\n", "\(text)\n\n", "\(text)\n\(peterLine.dropLast())", "\u{1}\(text)\n\(peterLine)",
        ]
        refused += ["\(text)\n\(peterLine)Unexpected line.\n", "\(text)\n\(peterLine)\n", "\n\(peterLine)", peterLine]
        refused += ["Bad Name", "Bad+Name", "Bad\u{2003}Name", ""].map { peterLine("PeterNeumann", as: $0) }
        refused += [peterLine("\u{2014}", as: "-"), peterLine("=\n", as: "\n")]
        refused += ["\(text)\n\u{2014} PeterNeumann x08gow==\n", "a\tb\n\n\(peterLine)", "a\r\n\n\(peterLine)"]
        return refused + ["\(text)\n\(String(repeating: peterLine, count: 101))"]
    }()

    @Test(arguments: refused)
    func whatIsNoNoteIsRefused(note: String) {
        #expect(throws: NoteError.malformed) { try Self.note(note) }
    }

    @Test func bytesThatAreNoTextAndTooManyAreRefused() {
        #expect(throws: NoteError.malformed) {
            try SignedNote(parsing: [0xFF] + Array((Self.text + "\n" + Self.peterLine).utf8))
        }
        let long = [UInt8](repeating: 0x61, count: SignedNote.maximumCount) + Array(("\n\n" + Self.peterLine).utf8)
        #expect(throws: NoteError.tooLarge) { try SignedNote(parsing: long) }
        #expect(throws: NoteError.malformed) { try SignedNote(parsing: []) }
    }

    @Test func everyManglingOfAVerifierKeyIsRefused() throws {
        #expect(try NoteVerifier(Self.peter).description == Self.peter)
        let bytes = Array(Self.peter.utf8)
        for start in bytes.indices {
            for end in (start + 1)...bytes.count where (start, end) != (0, bytes.count) {
                let part = String(decoding: bytes[start..<end], as: UTF8.self)
                #expect(throws: NoteError.key) { try NoteVerifier(part) }
            }
            var altered = bytes
            altered[start] += 1
            let text = String(decoding: altered, as: UTF8.self)
            #expect(throws: NoteError.key) { try NoteVerifier(text) }
        }
        // A key of a wrong length and an unknown type, with ids to match.
        for key in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            #expect(throws: NoteError.key) { try NoteVerifier(key) }
        }
    }
}
