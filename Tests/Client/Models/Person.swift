import FieldsealClient
import Foundation

struct Settings: Codable, Sendable, Equatable {
    var theme: String
    var tags: [String] = []
}

struct Person: Codable, Sendable, Equatable, EncryptedRecord {
    static let encryptedTable = EncryptedTable<Person>(
        "people", key: [.column("id", \.id)],
        fields: [
            .field("email", \.email, indexes: [.index("equality", \.emailIndex)]),
            .field("phone", \.phone, indexes: [.index("equality", \.phoneIndex)]),
            .field("settings", \.settings),
            .field("photo", \.photo, isRowBound: false, context: { Array($0.tenant.utf8) }),
            .field("note", \.note, form: .text),
        ])

    var id: Int?
    var tenant = "north"
    var name: String
    var email: EncryptedString
    var emailIndex = BlindIndex()
    var phone: EncryptedString?
    var phoneIndex: BlindIndex?
    var settings: EncryptedJSON<Settings>
    var photo: EncryptedData?
    var note: EncryptedString?

    static func some(_ id: Int?) -> Person {
        Person(
            id: id, name: "name \(id ?? 0)", email: EncryptedString("mail\(id ?? 0)@example.org"),
            phone: id.map { $0.isMultiple(of: 2) } == true ? EncryptedString("+4930\(id ?? 0)") : nil,
            settings: .init(Settings(theme: "dark", tags: ["a/b", "ü"])),
            photo: .init(Data([1, 2, UInt8((id ?? 0) & 0xFF)])),
            note: "a note")
    }

    /// As a database gives it back.
    func stored() throws -> Person { try JSONDecoder().decode(Person.self, from: JSONEncoder().encode(self)) }
}
