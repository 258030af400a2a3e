/// What a policy can grant. Names are those of the audit log's operations in kebab case.
public enum PolicyOperation: String, CaseIterable, Sendable {
    case encrypt
    /// Encrypting a field of the deterministic suite is an equality oracle, and so a right of its own.
    case encryptDeterministic = "encrypt-deterministic"
    case decrypt
    case rewrap
    case rebind
    case blindIndex = "blind-index"
    case describeField = "describe-field"
    case deriveFieldKey = "derive-field-key"
    case rotateKey = "rotate-key"
    case getFieldKey = "get-field-key"
    case getAuditHashKey = "get-audit-hash-key"
    case applyCatalog = "apply-catalog"
    case getCatalog = "get-catalog"
    case listKeys = "list-keys"
    case showKey = "show-key"
    case queryAudit = "query-audit"
    case tailAudit = "tail-audit"
    case appendAudit = "append-audit"
    case status

    /// Whether a rule must name fields beside this operation.
    public var isOnFields: Bool {
        switch self {
        case .encrypt, .encryptDeterministic, .decrypt, .rewrap, .rebind, .blindIndex, .describeField, .deriveFieldKey,
            .rotateKey, .getFieldKey:
            true
        case .getAuditHashKey, .applyCatalog, .getCatalog, .listKeys, .showKey, .queryAudit, .tailAudit, .appendAudit,
            .status:
            false
        }
    }
}

/// A set of operations in one word.
public struct PolicyOperations: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public init(_ operation: PolicyOperation) { rawValue = 1 << UInt32(operation.index) }

    public init(_ operations: some Sequence<PolicyOperation>) {
        self = operations.reduce(into: []) { $0.formUnion(Self($1)) }
    }

    @inline(__always)
    public func contains(_ operation: PolicyOperation) -> Bool { contains(Self(operation)) }

    static let onFields = Self(PolicyOperation.allCases.filter(\.isOnFields))
}

extension PolicyOperation {
    /// Position in the bit set.
    var index: Int {
        switch self {
        case .encrypt: 0
        case .encryptDeterministic: 1
        case .decrypt: 2
        case .rewrap: 3
        case .rebind: 4
        case .blindIndex: 5
        case .describeField: 6
        case .deriveFieldKey: 7
        case .rotateKey: 8
        case .getFieldKey: 9
        case .getAuditHashKey: 10
        case .applyCatalog: 11
        case .getCatalog: 12
        case .listKeys: 13
        case .showKey: 14
        case .queryAudit: 15
        case .tailAudit: 16
        case .appendAudit: 17
        case .status: 18
        }
    }
}
