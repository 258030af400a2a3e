import FieldsealCrypto

/// Names what is asked of key management: a version of a field's key, its active one, or the key of a subject.
struct KeySelector: Hashable, Sendable {
    /// How a subject's key is named.
    enum Subject: Hashable, Sendable {
        /// By the caller's name for the subject, 1 to 256 bytes: personal data, which is never logged.
        case name([UInt8])
        /// By the key's id, as a ciphertext states it.
        case key(ObjectID)
    }

    /// "table.field".
    var field: String
    /// 0 stands for the active version.
    var version: UInt64
    /// Not nil where a subject's key is asked for, which has no versions.
    var subject: Subject?
    /// A compromised key is given for moving values away from it alone, and never kept.
    var forRewrap = false

    static func active(_ field: String) -> KeySelector {
        KeySelector(field: field, version: 0)
    }

    static func subject(_ subject: Subject, of field: String, forRewrap: Bool = false) -> KeySelector {
        KeySelector(field: field, version: 0, subject: subject, forRewrap: forRewrap)
    }

    /// The key under which record ids are hashed for the audit log; it belongs to no field.
    static let auditHash = KeySelector(field: "", version: 0)

    var isActive: Bool { version == 0 && subject == nil }
}
