import FieldsealCrypto

extension KeyKind {
    /// The kind that the store and operators call `name`, e.g. `audit-hash`.
    init?(name: String) {
        guard let kind = KeyKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    var name: String { label.description }

    var parent: KeyKind? {
        switch self {
        case .master: nil
        case .dek, .auditHash, .storeIntegrity, .unseal: .master
        case .fek, .index, .subjectWrapping: .dek
        }
    }

    /// How long a version stays active before it is due for rotation, in days; nil: it is not rotated by schedule.
    var lifetimeDays: Int64? {
        switch self {
        case .master: 365
        case .dek: 90
        case .fek: 30
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: nil
        }
    }

    /// Index keys outlive their field's: a search must find what was written before. Those of the store are not
    /// rotated alone.
    var isRotatable: Bool { lifetimeDays != nil }
}
