import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import FieldsealSecureMemory
import Logging
import Synchronization

/// Makes, keeps and gives out keys: what the RPCs ask for, without the protocol around it.
///
/// Sealed until `unseal()` has opened the master key; every operation then throws `KeyServiceError.sealed`.
final class KeyAuthority: Sendable {
    let pool: PostgresPool
    let custodians: Custodians
    /// Who acts where no caller does: this service.
    let identity: String
    let logger: Logger
    let rotation: RotationPolicy
    /// Microseconds since 1970.
    let clock: @Sendable () -> Int64
    /// The store as the audit log remembers it; nil: nobody is asked.
    let history: (any AuditHistory)?
    let revisionCheck: RevisionCheck
    /// What those who follow the store's changes share on this replica.
    let watch = KeyWatch()
    let leasesSeen = LeasesSeen()
    let backupRetention: BackupRetention
    /// Microseconds within which equal alerts fold into one.
    let alertFold: Int64
    /// Where the shares of a sealed service wait for each other.
    let shareDesk = ShareDesk()
    private let keyring = Mutex<Keyring?>(nil)
    private let newestRevision = Mutex<UInt64>(0)

    init(
        pool: PostgresPool, custodians: Custodians, identity: String, logger: Logger,
        history: (any AuditHistory)? = nil, revisionCheck: RevisionCheck = .required,
        rotation: RotationPolicy = RotationPolicy(), backupRetention: BackupRetention = .undeclared,
        alertFold: Int64 = AlertQueue.standardFold, clock: @escaping @Sendable () -> Int64
    ) {
        self.history = history
        self.revisionCheck = revisionCheck
        self.pool = pool
        self.custodians = custodians
        self.identity = identity
        self.logger = logger
        self.rotation = rotation
        self.clock = clock
        self.backupRetention = backupRetention
        self.alertFold = alertFold
    }

    var isSealed: Bool { keyring.withLock { $0 == nil } }

    func unsealed() throws(KeyServiceError) -> Keyring {
        guard let keyring = keyring.withLock({ $0 }) else { throw .sealed }
        return keyring
    }

    func hold(_ keyring: Keyring) {
        self.keyring.withLock { $0 = keyring }
        watch.storeOpened()
    }

    /// The newest revision of the store that is known, from the audit log or from this process's own transactions. A store
    /// below it was rolled back.
    var newestKnown: UInt64 { newestRevision.withLock { $0 } }

    func remember(_ revision: UInt64) { newestRevision.withLock { $0 = max($0, revision) } }

    /// Reads the store as it was at one moment.
    func read<Value: Sendable>(
        _ access: StoreAccess = .served, _ body: (StoreReader) async throws -> Value
    ) async throws -> Value {
        let newest = newestKnown
        return try await withIntegrityKey { keyring in
            try await pool.withTransaction(.repeatableRead, opening: StoreReader.opening()) { connection, opening in
                var reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
                let standing = try reader.standing(opening)
                try admit(standing, newest: newest, access)
                remember(standing.state.revision)
                reader.known = standing
                return try await body(reader)
            }
        }
    }

    /// Changes the store in one transaction, together with the events that tell of it. `body` may run more than once.
    ///
    /// - Parameter opening: what is read first, when the store is locked, in the same round trip; `body` gets the answers.
    /// - Returns: what `body` answers, durable, and the store's revision after it.
    func change<Value: Sendable>(
        _ access: StoreAccess = .served, opening: [PostgresQuery],
        _ body: (StoreWriter, ArraySlice<PostgresRows>) async throws -> Value
    ) async throws -> (value: Value, revision: UInt64) {
        let newest = newestKnown
        let changed = try await withIntegrityKey { keyring in
            let locking = StoreReader.opening(locked: true)
            return try await pool.withTransaction(opening: locking + opening) { connection, rows in
                let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
                let standing = try reader.standing(Array(rows.prefix(locking.count)))
                try admit(standing, newest: newest, access)
                let writer = StoreWriter(reader, after: standing.state, nowUnixUs: clock(), above: newest)
                let value = try await body(writer, rows.dropFirst(locking.count))
                try await AlertQueue.raise(
                    writer.alerts, unixMicroseconds: writer.nowUnixUs, fold: alertFold, in: connection)
                return (value: value, revision: try await writer.finish())
            }
        }
        remember(changed.revision)
        return changed
    }

    /// The same where nothing is read first.
    func change<Value: Sendable>(
        _ access: StoreAccess = .served, _ body: (StoreWriter) async throws -> Value
    ) async throws -> (value: Value, revision: UInt64) {
        try await change(access, opening: []) { writer, _ in try await body(writer) }
    }

    private func admit(_ standing: StoreStanding, newest: UInt64, _ access: StoreAccess) throws(KeyServiceError) {
        guard access == .served, let objection = standing.objection(newestKnown: newest) else { return }
        throw .quarantined(objection)
    }

    /// Runs `body` with the keys in memory, and once more where the store-integrity key has been replaced meanwhile.
    func withIntegrityKey<Value: Sendable>(_ body: (Keyring) async throws -> Value) async throws -> Value {
        let keyring = try unsealed()
        do {
            return try await body(keyring)
        } catch let error as KeyServiceError where error.code == .dataLoss {
            guard let current = try await reopened(instead: keyring) else { throw error }
            return try await body(current)
        }
    }

    /// Raises alerts that belong to no transaction.
    var alerts: AlertRaiser { AlertRaiser(pool: pool, fold: alertFold, logger: logger, clock: clock) }

    /// The master key that a child names as its parent.
    func masterKey(for child: KeyRecord, reader: StoreReader) async throws -> SharedSecret {
        let keyring = try unsealed()
        if let parent = child.identity.parent, let held = keyring.heldMasterKey(parent.version) { return held }
        return try await keyring.masterKey(try await reader.master(try await reader.parent(of: child)))
    }

    /// Opens a key whose parent is the master key.
    func open(_ record: KeyRecord, reader: StoreReader) async throws -> SharedSecret {
        let master = try await masterKey(for: record, reader: reader)
        return SharedSecret(try KeyMaking.open(record, under: master.bytes))
    }
}

/// What a transaction may meet.
enum StoreAccess: Sendable {
    /// A store that is served: neither rolled back nor restored.
    case served
    /// Any, for those who have to judge it.
    case any
}

/// On whose behalf something is done, for the audit trail.
struct CallContext: Sendable {
    var actor: AuditActor
    var requestID = EventIdentifier.zero
    var traceID = EventIdentifier.zero

    func event(_ operation: AuditOperation, of object: String, version: KeyVersion?) -> AuditEvent {
        var event = AuditEvent(actor: actor, operation: operation)
        event.requestID = requestID
        event.traceID = traceID
        event.object = object
        event.keyVersion = version?.rawValue ?? 0
        return event
    }
}
