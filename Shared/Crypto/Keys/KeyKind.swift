/// What a key of the hierarchy is for. Raw values enter derivations and stored identities; they never change.
public enum KeyKind: UInt8, Hashable, Sendable, CaseIterable {
    /// The root; 32 random bytes.
    case master = 1
    /// Data encryption key, one a table; child of the master key.
    case dek = 2
    /// Field encryption key, one a field; child of the table's DEK.
    case fek = 3
    /// Key of a blind index; child of the table's DEK, with a lineage of its own.
    case index = 4
    /// Hashes record ids in audit events; child of the master key.
    case auditHash = 5
    /// MACs the rows of the key store; child of the master key.
    case storeIntegrity = 6
    /// Wraps the keys of a table's subjects; child of the table's DEK.
    case subjectWrapping = 7
    /// Wraps the master key for those who hold shares of it; child of the master key, so that new versions of the master
    /// key can be wrapped for them, too.
    case unseal = 8

    /// The word in derivation labels.
    public var label: StaticString {
        switch self {
        case .master: "master"
        case .dek: "dek"
        case .fek: "fek"
        case .index: "index"
        case .auditHash: "audit-hash"
        case .storeIntegrity: "store-integrity"
        case .subjectWrapping: "subject-wrapping"
        case .unseal: "unseal"
        }
    }
}
