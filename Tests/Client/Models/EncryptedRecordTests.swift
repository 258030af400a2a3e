import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Foundation
import Testing

@Suite struct EncryptedRecordTests {
    private let service = FakeService()
    private var middleware: EncryptionMiddleware { EncryptionMiddleware(service.client) }

    @Test func rowsAreSealedAndOpenedInOneCallForEachForm() async throws {
        let people = (0..<1_000).map { Person.some($0) }
        let sealed = try await middleware.beforeInsert(people)
        #expect(service.methods == ["Encrypt", "Encrypt"])
        #expect(sealed.map(\.email) == people.map(\.email) && sealed.map(\.name) == people.map(\.name))
        #expect(sealed.allSatisfy { $0.email.state == .opened && $0.emailIndex != BlindIndex() })

        let stored = try sealed.map { try $0.stored() }
        #expect(stored.allSatisfy { $0.email.state == .sealed && $0.name.hasPrefix("name ") })
        let opened = try await middleware.afterLoad(stored)
        #expect(service.methods == ["Encrypt", "Encrypt", "Decrypt", "Decrypt"])
        #expect(try opened.map { try $0.email.value } == people.map { try $0.email.value })
        #expect(opened.map(\.phone) == people.map(\.phone) && opened.map(\.photo) == people.map(\.photo))
        #expect(try opened[1].settings.value == Settings(theme: "dark", tags: ["a/b", "ü"]))
        #expect(opened.map(\.phoneIndex) == sealed.map(\.phoneIndex))
        #expect(try opened[3].note?.ciphertext.starts(with: "fs1:".utf8) == true)
    }

    @Test func itemsSayFieldRowContextAndIndexes() async throws {
        _ = try await middleware.beforeInsert(Person.some(7))
        let items = try service.transport.calls.flatMap { try Proto.EncryptRequest(decoding: $0.payload).items }
        #expect(items.map(\.field) == ["people.email", "people.settings", "people.photo", "people.note"])
        #expect(items.map { $0.recordID?.columns.first?.value } == [.integer(7), .integer(7), nil, .integer(7)])
        #expect(items.map(\.context) == [nil, nil, Array("north".utf8), nil])
        #expect(items.map(\.indexes) == [["equality"], [], [], []])
    }

    @Test func whatIsNotChangedIsNotSealedAgain() async throws {
        let stored = try await middleware.beforeInsert(Person.some(1)).stored()
        var person = try await middleware.afterLoad(stored)
        let calls = service.methods.count
        _ = try await middleware.beforeInsert(person)
        #expect(service.methods.count == calls)

        person.email = "new@example.org"
        try person.settings.update { $0.theme = "light" }
        #expect(person.email.state == .plain && person.settings.state == .plain)
        let changed = try await middleware.beforeInsert(person)
        #expect(changed.emailIndex != person.emailIndex)
        #expect(try changed.note?.ciphertext == stored.note?.ciphertext)
        let read = try await middleware.afterLoad(changed.stored())
        #expect(try read.email.value == "new@example.org" && read.settings.value.theme == "light")
    }

    @Test func aCopyForAnotherRowIsSealedForIt() async throws {
        var copy = try await middleware.afterLoad(middleware.beforeInsert(Person.some(1)).stored())
        copy.id = 2
        copy.tenant = "south"
        let read = try await middleware.afterLoad(middleware.beforeInsert(copy).stored())
        #expect(try read.email.value == "mail1@example.org" && read.photo?.value == Data([1, 2, 1]))
    }

    @Test func aMissingValueHasNoIndex() async throws {
        var person = try await middleware.beforeInsert(Person.some(2))
        #expect(person.phoneIndex != nil)
        person.phone = nil
        person = try await middleware.beforeInsert(person)
        #expect(person.phoneIndex == nil)
        #expect(try person.stored().phone == nil)
    }

    @Test func aValueThatDoesNotOpenStaysAndSaysWhy() async throws {
        let one = try await middleware.beforeInsert(Person.some(1)).stored()
        var two = try await middleware.beforeInsert(Person.some(2)).stored()
        two.email = one.email
        let rows = try await middleware.afterLoad([one, two])
        #expect(try rows[0].email.value == "mail1@example.org")
        #expect(rows[1].email.state == .failed)
        let error = #expect(throws: EncryptedValueError.self) { try rows[1].email.value }
        #expect(error?.code == .refused && error?.recordID == RecordID(.integer(2)))
        #expect(error?.description == "people.email of the row 2: INVALID_ARGUMENT: ciphertext rejected")
        #expect(try rows[1].phone?.value == "+49302")

        var written = try await middleware.beforeInsert(rows[1])
        #expect(try written.stored().email.ciphertext == one.email.ciphertext)
        written.id = 3
        written.phone = nil
        let moved = await #expect(throws: EncryptedValueError.self) { try await middleware.beforeInsert(written) }
        #expect(moved?.code == .boundToAnotherRow && moved?.field == "people.email")
    }

    @Test func whatOpensAsSomethingElseIsAnErrorWithoutTheValue() async throws {
        var person = Person.some(1)
        person.settings = EncryptedJSON(
            ciphertext: FakeService.seal(
                Array("geheim".utf8),
                Proto.DecryptItem(field: "people.settings", recordID: .init(columns: [.init(value: .integer(1))]))
                    .encoded()))
        person = try await middleware.afterLoad(person)
        let error = #expect(throws: EncryptedValueError.self) { try person.settings.value }
        #expect(error?.code == .notRepresentable && error.map { !"\($0)".contains("geheim") } == true)
    }

    @Test func plaintextIsNeverWritten() throws {
        let error = #expect(throws: EncryptedValueError.self) { try JSONEncoder().encode(Person.some(1)) }
        #expect(error?.code == .notSealed)
        #expect(error?.field == "email" || error?.field == "emailIndex")
        #expect(throws: EncryptedValueError.self) { try Person.some(1).email.ciphertext }
    }

    @Test func ciphertextIsNeverRead() async throws {
        let stored = try await middleware.beforeInsert(Person.some(1)).stored()
        let error = #expect(throws: EncryptedValueError.self) { try stored.email.value }
        #expect(error?.description.contains("afterLoad") == true)
    }

    @Test func nothingIsPrinted() async throws {
        let plain = Person.some(2)
        let sealed = try await middleware.beforeInsert(plain)
        var failed = try sealed.stored()
        failed.email =
            try Person.some(3).email.state == .plain
            ? EncryptedString(ciphertext: sealed.note!.ciphertext) : plain.email
        failed = try await middleware.afterLoad(failed)
        for person in [plain, sealed, try sealed.stored(), failed] {
            var dumped = ""
            dump(person, to: &dumped)
            dump([person.email as Any, person.settings, person.phone as Any, person.emailIndex], to: &dumped)
            let texts = [
                dumped, "\(person)", String(reflecting: person), "\(person.email)", "\(person.phone as Any)",
                String(describing: Mirror(reflecting: person.email).children.map { "\($0)" }),
                "\((try? person.email.value) == nil ? String(describing: Result { try person.email.value }) : "")",
            ]
            for text in texts {
                #expect(!text.contains("example.org") && !text.contains("dark") && !text.contains("4930"))
                #expect(!text.contains("fs1:") && !text.contains("245") && !text.contains("0xF5"))
            }
            #expect(dumped.contains("<encrypted>") && "\(person)".contains("<encrypted>"))
            #expect(Mirror(reflecting: person.email).children.isEmpty)
        }
    }

    @Test func aRowWithoutItsKeyIsRefused() async throws {
        let error = await #expect(throws: EncryptedValueError.self) {
            try await middleware.beforeInsert(Person.some(nil))
        }
        #expect(error?.code == .rowUnknown && error?.field == "people.email")
        #expect(service.methods.isEmpty)
        var stored = try await middleware.beforeInsert(Person.some(1)).stored()
        stored.id = nil
        stored = try await middleware.afterLoad(stored)
        #expect(throws: EncryptedValueError.self) { try stored.email.value }
        #expect(try stored.photo?.value == Data([1, 2, 1]))
    }

    @Test func aSearchComparesWithTheCompanion() async throws {
        let people = try await middleware.beforeInsert([1, 2].map { Person.some($0) })
        let email = try await middleware.blindIndex(of: "mail2@example.org", in: \Person.email)
        #expect(people.map { $0.emailIndex == email } == [false, true])
        let phone = try await middleware.blindIndex(of: "+49302", in: \Person.phone, index: "equality")
        #expect(people.map { $0.phoneIndex == phone } == [false, true])
        let error = await #expect(throws: EncryptedValueError.self) {
            try await middleware.blindIndex(of: "a note", in: \Person.note)
        }
        #expect(error?.code == .notDeclared)
    }

    @Test func anOutageThrowsAndChangesNothing() async throws {
        let away = RecordingTransport { _ throws(RPCStatus) in throw .unavailable("away") }
        let middleware = EncryptionMiddleware(FieldsealClient(encryption: away, keys: nil, audit: nil))
        await #expect(throws: FieldsealError(.unavailable, "away")) {
            try await middleware.beforeInsert(Person.some(1))
        }
        let stored = try await self.middleware.beforeInsert(Person.some(1)).stored()
        await #expect(throws: FieldsealError(.unavailable, "away")) { try await middleware.afterLoad(stored) }
    }
}
