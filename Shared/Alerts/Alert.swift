/// What an administrator must hear of. Never holds plaintext, a key, or text of a caller other than an administrator's.
public struct Alert: Hashable, Sendable {
    /// What happened; the raw value is what destinations and rules name.
    public enum Kind: String, CaseIterable, Sendable {
        case rotationOverdue = "rotation-overdue"
        case rotationFailed = "rotation-failed"
        case keyCompromised = "key-compromised"
        case drillFailed = "drill-failed"
        /// The nonce budget of a version is nearly spent.
        case budgetNearLimit = "budget-near-limit"
        /// A field was moved to another suite, which its declaration does not say.
        case suiteChanged = "suite-changed"
        case providerUnreachable = "provider-unreachable"
        /// A new version of the master key is not wrapped under a custodian that holds the older ones.
        case custodianLeftOut = "custodian-left-out"
        /// A row of the store was altered, or the store is older than the log.
        case storeDamaged = "store-damaged"
        case storeRestored = "store-restored"
        case destructionScheduled = "destruction-scheduled"
        case keyDestroyed = "key-destroyed"
        /// A value was asked for whose key version is retired: a count of the data missed it.
        case retiredKeyUsed = "retired-key-used"
        case backupFailed = "backup-failed"
        /// The audit log does not prove that it holds what it has acknowledged.
        case auditLogDistrusted = "audit-log-distrusted"
        /// One identity failed to open many values.
        case failedDecrypts = "failed-decrypts"
        /// An identity uses a sensitive field that it has not used before.
        case firstSeenActor = "first-seen-actor"
        /// Somebody used, or asked for, a key version that is retired, compromised or destroyed.
        case revokedKeyUsed = "revoked-key-used"
        /// An identity opens many more values of a field than it did before.
        case unusualVolume = "unusual-volume"
        case deniedAdministration = "denied-administration"
        /// The audit log has a finding on its own completeness.
        case logGap = "log-gap"
        /// No checkpoint of the audit log was published for a while.
        case checkpointNotCosigned = "checkpoint-not-cosigned"
        /// Months of the audit log are not made ahead, or not archived when it is time.
        case retentionFailed = "retention-failed"
    }

    public enum Severity: String, CaseIterable, Sendable, Comparable {
        case info
        case warning
        case critical

        public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    public var kind: Kind
    public var severity: Severity
    /// A key or catalog object, a custodian, or empty.
    public var object: String
    /// One line for a person.
    public var text: String

    public init(_ kind: Kind, _ severity: Severity, object: String = "", text: String) {
        self.kind = kind
        self.severity = severity
        self.object = object
        self.text = text
    }
}
