/// Names what is asked of key management: a version of a field's key, or its active one.
struct KeySelector: Hashable, Sendable {
    /// "table.field".
    var field: String
    /// 0 stands for the active version.
    var version: UInt64

    static func active(_ field: String) -> KeySelector {
        KeySelector(field: field, version: 0)
    }

    /// The key under which record ids are hashed for the audit log; it belongs to no field.
    static let auditHash = KeySelector(field: "", version: 0)

    var isActive: Bool { version == 0 }
}
