import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import FieldsealSecureMemory

extension KeyAuthority {
    /// Opens the master key, or makes the store in an empty database. Replicas that start together make one store.
    ///
    /// - Throws: where the provider refuses, the database is away, or the store is damaged; the service stays sealed.
    func unseal() async throws {
        let logged = try await loggedRevision()
        remember(logged)
        if let keyring = try await openStore() { return hold(keyring) }
        // An empty database is a new store only where the log knows of no other.
        guard logged == 0 else { throw KeyServiceError.storeLost }
        try await createStore()
        guard let keyring = try await openStore() else { throw KeyServiceError.damaged("the new store is gone") }
        hold(keyring)
    }

    /// The newest revision that the audit log knows; 0: none, or nobody can be asked and need not be.
    private func loggedRevision() async throws -> UInt64 {
        guard let history else { return 0 }
        do {
            return try await history.storeRevision()
        } catch {
            guard revisionCheck == .whenReachable else { throw KeyServiceError.historyUnavailable.detailed("\(error)") }
            logger.warning(
                "the store is not compared with the audit log, which cannot be asked", metadata: ["error": "\(error)"])
            return 0
        }
    }

    /// The keyring, read again, where the store-integrity key is another than the one in memory; nil where it is the same.
    func reopened(instead held: Keyring) async throws -> Keyring? {
        let stored = try await pool.withTransaction(.repeatableRead) { try await BareStore($0) }
        guard let stored, stored.integrity.version != held.integrityVersion else { return nil }
        let current = try unsealed()
        if current.integrityVersion == stored.integrity.version { return current }
        guard let keyring = try await openStore(), keyring.storeID == held.storeID else { return nil }
        hold(keyring)
        return keyring
    }

    /// Nil where the database is empty.
    private func openStore() async throws -> Keyring? {
        let stored = try await pool.withTransaction(.repeatableRead) { connection in
            try await BareStore(connection)
        }
        guard let stored else { return nil }
        let keyring = try await keyring(of: stored)
        try await pool.withTransaction(.repeatableRead) { try await check(keyring, stored, in: $0) }
        return keyring
    }

    /// The same inside a transaction: nothing is held, and what others change is not seen.
    func openStore(in connection: PostgresConnection) async throws -> Keyring? {
        guard let stored = try await BareStore(connection) else { return nil }
        let keyring = try await keyring(of: stored)
        try await check(keyring, stored, in: connection)
        return keyring
    }

    private func keyring(of stored: BareStore) async throws -> Keyring {
        let master = SharedSecret(try await provider.open(stored.master))
        let integrityKey = SharedSecret(try KeyMaking.open(stored.integrity, under: master.bytes))
        return Keyring(
            storeID: stored.master.object.id, provider: provider, master: .init(record: stored.master, key: master),
            integrityKey: integrityKey, integrityVersion: stored.integrity.version)
    }

    /// Reads again, now that the rows can be verified: the one that was opened must be the one that stands there.
    private func check(_ keyring: Keyring, _ stored: BareStore, in connection: PostgresConnection) async throws {
        let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
        guard try await reader.revision().storeID == keyring.storeID,
            try await reader.key(stored.master.object, version: stored.master.version) != nil,
            try await reader.key(stored.integrity.object, version: stored.integrity.version) != nil
        else { throw KeyServiceError.damaged("the keys of the store belong to another one") }
        try await StoreHistory(reader: reader).verify()
    }

    private func createStore() async throws {
        let created = try await pool.withTransaction { connection -> Bool in
            try await connection.lockUntilCommit("fieldseal key store", timeout: .seconds(120))
            guard try await BareStore(connection) == nil else { return false }
            let now = clock()
            let storeID = ObjectID.random()
            let master = try await KeyMaking.makeMaster(store: storeID, provider: provider, atUnixUs: now)
            let integrity = try KeyMaking.makeChild(
                of: master, for: KeyObject(kind: .storeIntegrity, id: storeID), atUnixUs: now)
            let auditHash = try KeyMaking.makeChild(
                of: master, for: KeyObject(kind: .auditHash, id: storeID), atUnixUs: now)

            let reader = StoreReader(connection: connection, mac: try RowMAC(key: integrity.key))
            let state = try StoreRevision(creating: storeID)
            try await connection.query(
                """
                INSERT INTO store_state (store_id, revision, head, row_mac)
                VALUES (\(storeID.uuid), 0, \(state.head), \(try reader.mac.authenticate(state.canonical)))
                """)
            let writer = try await StoreWriter(reader, nowUnixUs: now)
            let context = CallContext(actor: AuditActor(identity: identity))
            for record in [master.record, integrity.record, auditHash.record] {
                let written = try await writer.insert(record)
                var event = context.event(.createKey, of: record.object.kind.name, version: written.version)
                event.storeRevision = written.revision
                writer.events.append(event)
            }
            _ = try await writer.finish()
            try await Outbox.insert(writer.events, unixMicroseconds: now, in: connection)
            return true
        }
        if created {
            logger.notice("made a new key store and its master key", metadata: ["provider": "\(provider.name)"])
        }
    }
}

/// The two rows that must be opened before any row can be verified.
private struct BareStore {
    let master: KeyRecord
    let integrity: KeyRecord

    /// Nil where the database is empty; a store that has lost its keys is damaged, and never made anew.
    init?(_ connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT \(KeyRecord.columns) FROM encryption_keys
            WHERE is_active AND key_type IN ('master', 'store-integrity') LIMIT 3
            """)
        let records = try rows.map { try KeyRecord($0) }
        if let master = records.first(where: { $0.object.kind == .master }),
            let integrity = records.first(where: { $0.object.kind == .storeIntegrity }), records.count == 2
        {
            guard integrity.object.id == master.object.id,
                integrity.identity.parent == .init(object: master.object.id, version: master.version)
            else { throw KeyServiceError.damaged("the store-integrity key is not the master key's") }
            self.master = master
            self.integrity = integrity
            return
        }
        let traces = try await connection.query(
            """
            SELECT EXISTS (SELECT FROM encryption_keys) OR EXISTS (SELECT FROM store_state)
                OR EXISTS (SELECT FROM store_revisions) OR EXISTS (SELECT FROM catalog_tables) AS found
            """
        ).single()
        guard try !traces.value("found", as: Bool.self) else {
            throw KeyServiceError.damaged("the store has lost its master or store-integrity key")
        }
        return nil
    }
}
