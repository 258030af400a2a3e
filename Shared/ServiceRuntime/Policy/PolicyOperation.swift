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
    case lease
    case watchKeys = "watch-keys"
    case getSubjectKey = "get-subject-key"
    case eraseSubject = "erase-subject"
    /// Rewrapping values whose key version is compromised: for a migration that moves them away from it.
    case rewrapCompromised = "rewrap-compromised"
    /// Pausing, resuming and rolling back rotations, retiring and restoring versions.
    case manageRotation = "manage-rotation"
    case reportCensus = "report-census"
    case compromiseKey = "compromise-key"
    /// Scheduling, cancelling and forcing a destruction; force takes two identities.
    case destroyKey = "destroy-key"
    /// Adding, removing and drilling the custodians of the master key.
    case manageCustody = "manage-custody"
    /// Giving a share of the unseal key.
    case unseal
    case backupStore = "backup-store"
    case acceptRestore = "accept-restore"
    case listAlerts = "list-alerts"
    case readCheckpoint = "read-checkpoint"
    case proveAudit = "prove-audit"
    case readLeaves = "read-leaves"
    /// Signing off what the audit log shows of its own completeness.
    case reviewFindings = "review-findings"
    /// Placing and releasing legal holds on the audit log.
    case holdAudit = "hold-audit"
    /// Learning under which hash the audit log knows a record.
    case hashRecord = "hash-record"

    /// Whether a rule may name fields beside this operation, to which it is limited then.
    var mayNameFields: Bool { isOnFields || self == .queryAudit || self == .tailAudit }

    /// Whether a rule must name fields beside this operation.
    public var isOnFields: Bool {
        switch self {
        case .encrypt, .encryptDeterministic, .decrypt, .rewrap, .rebind, .blindIndex, .describeField, .deriveFieldKey,
            .rotateKey, .getFieldKey, .lease, .getSubjectKey, .eraseSubject, .rewrapCompromised, .reportCensus,
            .hashRecord:
            true
        case .getAuditHashKey, .applyCatalog, .getCatalog, .listKeys, .showKey, .queryAudit, .tailAudit, .appendAudit,
            .status, .watchKeys, .manageRotation, .compromiseKey, .destroyKey, .manageCustody, .unseal, .backupStore,
            .acceptRestore, .listAlerts, .readCheckpoint, .proveAudit, .readLeaves, .reviewFindings,
            .holdAudit:
            false
        }
    }
}

/// A set of operations in one word.
public struct PolicyOperations: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ operation: PolicyOperation) { rawValue = 1 << UInt64(operation.index) }

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
        case .lease: 19
        case .watchKeys: 20
        case .getSubjectKey: 21
        case .eraseSubject: 22
        case .rewrapCompromised: 23
        case .manageRotation: 24
        case .reportCensus: 25
        case .compromiseKey: 26
        case .destroyKey: 27
        case .manageCustody: 28
        case .unseal: 29
        case .backupStore: 30
        case .acceptRestore: 31
        case .listAlerts: 32
        case .readCheckpoint: 33
        case .proveAudit: 34
        case .readLeaves: 35
        case .reviewFindings: 36
        case .hashRecord: 40
        case .holdAudit: 41
        }
    }
}
