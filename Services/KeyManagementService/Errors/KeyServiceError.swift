import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealRPC
import FieldsealSecureMemory

/// Why key management did not do what it was asked to.
struct KeyServiceError: Error, Equatable, CustomStringConvertible {
    let code: RPCCode
    /// A fixed text for the peer.
    let message: String
    /// A fixed word for the audit event.
    let cause: AuditCause
    /// For the operator's log: names of the schema and of keys, never a value.
    var detail: String?

    var description: String { detail.map { "\(message): \($0)" } ?? message }
    var status: RPCStatus { RPCStatus(code, message) }

    static let sealed = Self(code: .unavailable, message: "key management is sealed", cause: "sealed")
    static let storeLost = Self(
        code: .unavailable, message: "the key store is gone; restore a backup", cause: "store-lost",
        detail: "the database is empty, but the audit log knows of a store")
    static let historyUnavailable = Self(
        code: .unavailable, message: "the key store cannot be compared with the audit log", cause: "history")
    static let notQuarantined = Self(
        code: .failedPrecondition, message: "the key store is not quarantined", cause: "not-quarantined")
    static let otherRevision = Self(
        code: .failedPrecondition, message: "the key store is at another revision", cause: "other-revision")
    static let noEpoch = Self(
        code: .failedPrecondition, message: "keys are given to processes with an open epoch of the audit log alone",
        cause: "no-epoch")
    static let epochContradicted = Self(
        code: .failedPrecondition, message: "the epoch of the audit log was stated otherwise before",
        cause: "epoch-contradicted")
    static let denied = Self(code: .permissionDenied, message: "not allowed", cause: .policy)
    static let unknownField = Self(code: .notFound, message: "unknown field", cause: "unknown-field")
    static let unknownKey = Self(code: .notFound, message: "unknown key", cause: "unknown-key")
    static let unknownVersion = Self(code: .notFound, message: "unknown key version", cause: "unknown-version")
    static let unknownTable = Self(code: .notFound, message: "unknown table", cause: "unknown-table")
    static let unknownSubject = Self(code: .notFound, message: "unknown subject key", cause: "unknown-subject")
    static let subjectErased = Self(
        code: .failedPrecondition, message: "the subject was erased", cause: "subject-erased")
    static let subjectCompromised = Self(
        code: .failedPrecondition, message: "the subject key is compromised", cause: "compromised")
    static let noSubjects = Self(
        code: .invalidArgument, message: "the field has no subject keys", cause: "no-subjects")
    static let noKeyYet = Self(
        code: .failedPrecondition, message: "the key has no active version; its first use makes one", cause: "no-key")
    static let notRotatable = Self(
        code: .invalidArgument, message: "only master, table and field keys are rotated", cause: "not-rotatable")
    static let nothingToRollBack = Self(
        code: .failedPrecondition, message: "the key has no version in transition to go back to", cause: "no-former")
    static let protectionChanged = Self(
        code: .failedPrecondition,
        message: "the former version has another protection than the catalog; apply that first",
        cause: "protection")
    static let hasChildren = Self(
        code: .failedPrecondition, message: "keys are wrapped under the version; rotate the key first",
        cause: "children")
    static let notPaused = Self(code: .failedPrecondition, message: "not paused", cause: "not-paused")
    static let unknownLocation = Self(
        code: .invalidArgument, message: "the catalog does not declare this location", cause: "location")
    static let censusTime = Self(
        code: .failedPrecondition, message: "a census begins after the one before it, and not in the future",
        cause: "census-time")
    static let malformed = Self(code: .invalidArgument, message: "malformed request", cause: "malformed")
    static let badRecipient = Self(
        code: .invalidArgument, message: "the recipient is not an X25519 public key", cause: "recipient")
    static let tooMany = Self(
        code: .resourceExhausted, message: "too many items; ask for fewer at a time", cause: "too-many")
    static let tooOften = Self(
        code: .resourceExhausted, message: "rotated too often; try again later", cause: "rate")
    static let conflict = Self(code: .aborted, message: "changed meanwhile; try again", cause: "conflict")
    static let databaseUnavailable = Self(
        code: .unavailable, message: "the key store is unavailable", cause: "database")
    static let auditUnavailable = Self(code: .unavailable, message: "the audit trail is unavailable", cause: "audit")
    static let custodyUnavailable = Self(
        code: .unavailable, message: "the master key cannot be opened", cause: "custody")

    static let tooManyStreams = Self(
        code: .resourceExhausted, message: "too many streams follow the keys here", cause: "too-many")
    static let stopping = Self(code: .unavailable, message: "follow the keys elsewhere", cause: "stopping")
    static let unknownCustodian = Self(
        code: .notFound, message: "no custodian of that name holds the master key or is configured here",
        cause: "unknown-custodian")
    /// - Parameter name: as it is configured.
    static func custodianAway(_ name: String) -> Self {
        Self(
            code: .unavailable,
            message: "custodian \(name) does not wrap the new master key; see fieldseal keys rotate --without",
            cause: "custody")
    }

    static let onlyMasterWithout = Self(
        code: .invalidArgument, message: "only the master key, alone, is rotated without a custodian",
        cause: "not-master")
    static let holdsAlready = Self(
        code: .failedPrecondition, message: "the custodian holds the master key already", cause: "holds-already")
    static let lastCustodian = Self(
        code: .failedPrecondition, message: "the last custodian is not removed; add another first", cause: "last")
    static let remainingFail = Self(
        code: .failedPrecondition, message: "none of the remaining custodians opens the master key now",
        cause: "remaining")
    static let sharesAreMade = Self(
        code: .failedPrecondition, message: "shares are made, not added", cause: "shares")
    static let notOfShares = Self(
        code: .invalidArgument, message: "the custodian is not of shares", cause: "shares")
    static let badThreshold = Self(
        code: .invalidArgument, message: "of 2 to 16 shares, 2 or more, at most all, must open", cause: "threshold")
    static let foreignShare = Self(
        code: .failedPrecondition, message: "the share is of another set", cause: "share-set")
    static let notActive = Self(
        code: .failedPrecondition, message: "the key version is not active", cause: "not-active")
    static let exhausted = Self(
        code: .failedPrecondition, message: "the key version has no seals left", cause: "exhausted")
    static let cancelled = Self(code: .cancelled, message: "call cancelled", cause: "cancelled")

    /// Whether the version that was asked for exists and is not given.
    var isOfVersion: Bool { KeyState.allCases.contains { self == .notGranted($0) } }

    /// A version that exists and is given to nobody.
    static func notGranted(_ state: KeyState) -> Self {
        Self(
            code: .failedPrecondition, message: "the key version is \(state.rawValue)",
            cause: AuditCause(state.rawValue) ?? "state")
    }

    /// The store came from a backup, or was rolled back.
    static func quarantined(_ objection: StoreStanding.Objection) -> Self {
        let error = Self(
            code: .unavailable, message: "the key store is quarantined; see restore accept", cause: "quarantined")
        switch objection {
        case .rolledBack(let revision, let newest):
            return error.detailed("the store is at revision \(revision), the audit log knows \(newest)")
        case .restored(let revision): return error.detailed("restored from a backup of revision \(revision)")
        }
    }

    var isQuarantine: Bool { cause == "quarantined" }

    /// A version to which this cannot be done in its state.
    static func wrongState(_ state: KeyState) -> Self {
        Self(
            code: .failedPrecondition, message: "the key version is \(state.rawValue): this cannot be done to it",
            cause: AuditCause(state.rawValue) ?? "state")
    }

    /// A row that was altered, or that does not belong where it stands.
    static func damaged(_ detail: String) -> Self {
        Self(code: .dataLoss, message: "the key store is damaged", cause: "damaged", detail: detail)
    }

    static func share(_ error: ShareError) -> Self {
        let cause: AuditCause =
            switch error {
            case .malformed: "share-malformed"
            case .mistyped: "share-mistyped"
            case .notSealed: "share-unsealed"
            case .wrongCombination: "share-combination"
            }
        return Self(code: .invalidArgument, message: error.description, cause: cause)
    }

    static func catalog(_ error: CatalogError) -> Self {
        Self(code: .invalidArgument, message: error.description, cause: "catalog")
    }

    static func `internal`(_ detail: String) -> Self {
        Self(code: .internal, message: "internal error", cause: "internal", detail: detail)
    }

    static let noBackupKey = Self(
        code: .failedPrecondition, message: "no backup key is configured", cause: "no-backup-key")
    static let backupRuns = Self(code: .aborted, message: "another backup is being made", cause: "backup-runs")

    static func backup(_ error: BackupError) -> Self {
        switch error.code {
        case .key:
            Self(code: .unavailable, message: "the backup key cannot be used", cause: "backup-key").detailed("\(error)")
        case .damaged: Self(code: .dataLoss, message: "the backup is damaged", cause: "backup").detailed("\(error)")
        case .configuration: .noBackupKey
        case .format, .target, .file:
            Self(code: .internal, message: "the backup failed", cause: "backup").detailed("\(error)")
        }
    }

    /// Any error that an operation can throw, as one of these.
    init(_ error: any Error) {
        switch error {
        case let error as KeyServiceError: self = error
        case let error as CatalogError: self = .catalog(error)
        case let error as ShareError: self = .share(error)
        case let error as MasterKeyError: self = .custodyUnavailable.detailed(error.description)
        case let error as PostgresError:
            if error.code == .cancelled {
                self = .cancelled
            } else if error.isUnavailable || error.code == .timeout || error.code == .commitUnknown {
                self = .databaseUnavailable.detailed(error.description)
            } else if error.sqlState == .otherCount {
                self = .conflict
            } else if error.isRetryable || error.sqlState == .uniqueViolation {
                self = .conflict.detailed(error.description)
            } else if error.code == .unexpectedResult {
                self = .damaged(error.description)
            } else {
                self = .internal(error.description)
            }
        case let error as BackupError: self = .backup(error)
        case let error as RPCStatus where error.code == .cancelled: self = .cancelled
        case let error as CryptoError: self = .internal(error.description)
        case is AuditTrailError: self = .auditUnavailable.detailed("\(error)")
        case let error as SecureMemoryError: self = .internal(error.description)
        case is CancellationError: self = .cancelled
        default: self = .internal("\(type(of: error))")
        }
    }

    init(code: RPCCode, message: String, cause: AuditCause, detail: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.detail = detail
    }

    func detailed(_ detail: String) -> Self {
        Self(code: code, message: message, cause: cause, detail: detail)
    }
}
