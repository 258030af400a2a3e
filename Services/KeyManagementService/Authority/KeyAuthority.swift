import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealSecureMemory
import Logging
import Synchronization

/// Makes, keeps and gives out keys: what the RPCs ask for, without the protocol around it.
///
/// Sealed until `unseal()` has opened the master key; every operation then throws `KeyServiceError.sealed`.
final class KeyAuthority: Sendable {
    let pool: PostgresPool
    let provider: any MasterKeyProvider
    /// Who acts where no caller does: this service.
    let identity: String
    let logger: Logger
    /// Microseconds since 1970.
    let clock: @Sendable () -> Int64
    private let keyring = Mutex<Keyring?>(nil)

    init(
        pool: PostgresPool, provider: any MasterKeyProvider, identity: String, logger: Logger,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.pool = pool
        self.provider = provider
        self.identity = identity
        self.logger = logger
        self.clock = clock
    }

    var isSealed: Bool { keyring.withLock { $0 == nil } }

    func unsealed() throws(KeyServiceError) -> Keyring {
        guard let keyring = keyring.withLock({ $0 }) else { throw .sealed }
        return keyring
    }

    func hold(_ keyring: Keyring) { self.keyring.withLock { $0 = keyring } }

    /// Reads the store as it was at one moment.
    func read<Value: Sendable>(_ body: (StoreReader) async throws -> Value) async throws -> Value {
        let keyring = try unsealed()
        return try await pool.withTransaction(.repeatableRead) { connection in
            try await body(StoreReader(connection: connection, mac: try keyring.rowMAC()))
        }
    }

    /// Changes the store in one transaction, together with the events that tell of it. `body` may run more than once.
    ///
    /// - Returns: what `body` answers, durable, and the store's revision after it.
    func change<Value: Sendable>(
        _ body: (StoreWriter) async throws -> Value
    ) async throws -> (value: Value, revision: UInt64) {
        let keyring = try unsealed()
        return try await pool.withTransaction { connection in
            let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
            let writer = try await StoreWriter(reader, nowUnixUs: clock())
            let value = try await body(writer)
            let revision = try await writer.finish()
            try await AlertQueue.raise(writer.alerts, unixMicroseconds: writer.nowUnixUs, in: connection)
            try await Outbox.insert(writer.events, unixMicroseconds: writer.nowUnixUs, in: connection)
            return (value, revision)
        }
    }

    /// The master key that a child names as its parent.
    func masterKey(for child: KeyRecord, reader: StoreReader) async throws -> SharedSecret {
        let keyring = try unsealed()
        if let parent = child.identity.parent, let held = keyring.heldMasterKey(parent.version) { return held }
        return try await keyring.masterKey(try await reader.parent(of: child))
    }

    /// Opens a key whose parent is the master key.
    func open(_ record: KeyRecord, reader: StoreReader) async throws -> SharedSecret {
        let master = try await masterKey(for: record, reader: reader)
        return SharedSecret(try KeyMaking.open(record, under: master.bytes))
    }
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
