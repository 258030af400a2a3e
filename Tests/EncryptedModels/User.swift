import FieldsealClient
import Foundation

struct Preferences: Codable, Sendable, Equatable {
    var theme: String
    var tags: [String]
}

/// A row of the catalog's table `users`, with a column that is nobody's business.
struct User: Codable, Sendable, Equatable, EncryptedRecord {
    static let encryptedTable = EncryptedTable<User>(
        "users", key: [.column("id", \.id)],
        fields: [
            .field("email", \.email, indexes: [.index("equality", \.emailIndex)]),
            .field("password_hash", \.passwordHash),
        ])

    var id: UUID
    var name: String
    var email: EncryptedString
    var emailIndex = BlindIndex()
    var passwordHash: EncryptedData?

    static func some(_ number: Int) -> User {
        User(
            id: UUID(), name: "Ädä \(number)", email: EncryptedString("Ada.\(number)@Example.org"),
            passwordHash: number.isMultiple(of: 3)
                ? nil : .init(Data([UInt8](repeating: UInt8(number & 0xFF), count: 32))))
    }
}

/// A row of `agents`, whose settings are text columns.
struct Agent: Codable, Sendable, Equatable, EncryptedRecord {
    static let encryptedTable = EncryptedTable<Agent>(
        "agents", key: [.column("id", \.id)], fields: [.field("config", \.config, form: .text)])

    var id: Int
    var config: EncryptedJSON<Preferences>
}
