import FieldsealClient
import FieldsealTransparencyLog

/// What an auditor asks of a period: gathered from the log's own summaries.
struct AuditPeriod {
    /// Microseconds since 1970; `until` is exclusive.
    var from: Int64
    var until: Int64
    var madeAt: Int64
    var zone = Zone.utc
    /// Uses of fields' keys, by who, what and which version.
    var uses = AuditUseSummary()
    var failedDecrypts = AuditUseSummary()
    /// All operations that were denied.
    var denials = AuditUseSummary()
    /// Rotations and whatever else changed keys, custody or catalog, in the order of time.
    var keyEvents: [StoredAuditEvent] = []
    var hasMoreKeyEvents = false
    var status = AuditStatus()
    /// The newest published checkpoint, as the service gave it.
    var note: SignedNote?

    /// The archives that hold events of the period or may do so: the log took them in its first month or later.
    var archives: [LogArchive] {
        let first = Time.text(unixMicroseconds: from).prefix(7)
        return status.archives.filter { $0.month >= first && !$0.bundle.isEmpty }
    }

    static let uses: [AuditOperation] = [
        .encrypt, .decrypt, .rewrap, .rebind, .blindIndex, .deriveFieldKey,
    ]

    static let keyOperations: [AuditOperation] = [
        .applyCatalog, .createKey, .rotateKey, .rollbackRotation, .pauseRotation, .resumeRotation, .retireKey,
        .restoreKey,
        .compromiseKey, .scheduleDestruction, .cancelDestruction, .forceDestruction, .destroyKey, .eraseSubject,
        .addCustodian, .removeCustodian, .makeShares, .recoveryDrill, .unseal, .backupStore, .restoreStore,
        .acceptRestore,
    ]
}
