import FieldsealClient
import Foundation
import Testing

@Suite struct RolloutTests {
    struct Note: Codable, Sendable, EncryptedRecord {
        static let encryptedTable = EncryptedTable<Note>(
            "notes", key: [.column("id", \.id)],
            fields: [
                .field("binary", \.binary, acceptsPlaintext: true),
                .field("text", \.text, form: .text, acceptsPlaintext: true), .field("strict", \.strict),
            ])
        var id: UUID
        var binary: EncryptedString
        var text: EncryptedJSON<[Int]>
        var strict: EncryptedString
    }

    private let service = FakeService()

    @Test func plaintextIsReadAndSealedWhenItIsWrittenNext() async throws {
        let middleware = EncryptionMiddleware(service.client)
        let row = Note(
            id: UUID(), binary: EncryptedString(ciphertext: Array("old".utf8)),
            text: EncryptedJSON(ciphertext: Array("[1,2]".utf8)),
            strict: EncryptedString(ciphertext: Array("old".utf8)))
        let read = try await middleware.afterLoad(row)
        #expect(try read.binary.value == "old" && read.text.value == [1, 2])
        #expect(read.binary.state == .plain && read.strict.state == .failed)
        let written = try await middleware.beforeInsert(read)
        #expect(written.binary.state == .opened && written.text.state == .opened)
        #expect(try written.strict.ciphertext == Array("old".utf8))
        let again = try await middleware.afterLoad(
            JSONDecoder().decode(Note.self, from: JSONEncoder().encode(written)))
        #expect(try again.binary.value == "old" && again.text.value == [1, 2])
    }

    @Test(arguments: ["\"fs1:AAAA\"", "\"9QEA\""])
    func bothFormsAreCoded(json: String) throws {
        let value = try JSONDecoder().decode(EncryptedString.self, from: Data(json.utf8))
        #expect(String(decoding: try JSONEncoder().encode(value), as: UTF8.self) == json)
    }

    @Test func whatIsNeitherIsRefused() {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(EncryptedString.self, from: Data("17".utf8)) }
    }
}
