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
        if let keyring = try await openStore() {
            hold(keyring)
            return try await moveWrapsInPlace(keyring)
        }
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
        let opened = try await custodians.open(stored.master)
        for failure in opened.failures {
            logger.warning(
                "a custodian did not open the master key",
                metadata: ["custodian": "\(failure.custodian)", "error": "\(failure.description)"])
        }
        let master = stored.master.record
        return Keyring(
            storeID: master.object.id, custodians: custodians, master: .init(record: master, key: opened.key),
            integrityKey: SharedSecret(try KeyMaking.open(stored.integrity, under: opened.key.bytes)),
            integrityVersion: stored.integrity.version)
    }

    /// Reads again, now that the rows can be verified: the one that was opened must be the one that stands there.
    private func check(_ keyring: Keyring, _ stored: BareStore, in connection: PostgresConnection) async throws {
        let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
        let master = stored.master.record
        guard try await reader.revision().storeID == keyring.storeID,
            let read = try await reader.key(master.object, version: master.version),
            try await reader.master(read).wraps.map(\.wrapped) == stored.master.wraps.map(\.wrapped),
            try await reader.key(stored.integrity.object, version: stored.integrity.version) != nil
        else { throw KeyServiceError.damaged("the keys of the store belong to another one") }
        try await StoreHistory(reader: reader).verify()
    }

    /// A store of the time before there could be several custodians: gives the wraps that stand in the keys' own rows to
    /// the custodian that opens them.
    private func moveWrapsInPlace(_ keyring: Keyring) async throws {
        let masters = try await read(.any) { try await $0.masters(of: keyring.storeID) }
        guard let master = masters.first(where: \.record.isWrappedInPlace) else { return }
        guard let custodian = custodians[try await custodians.open(master).custodian] else { return }
        _ = try await change(.any) { writer in
            for master in try await writer.reader.masters(of: keyring.storeID) where master.record.isWrappedInPlace {
                try await writer.insert(master.record.wrapInPlace(of: custodian))
                var record = master.record
                record.encryptedKey = []
                record.algorithm = StoredMaster.algorithm
                record.metadata = KeyRecord.metadata(custodians: [custodian.name])
                _ = try await writer.update(record)
            }
        }
    }

    private func createStore() async throws {
        let created = try await pool.withTransaction { connection -> Bool in
            try await connection.lockUntilCommit("fieldseal key store", timeout: .seconds(120))
            guard try await BareStore(connection) == nil else { return false }
            let now = clock()
            let storeID = ObjectID.random()
            let new = try await KeyMaking.makeMaster(
                store: storeID, custodians: custodians, under: custodians.makers, atUnixUs: now)
            let master = try new.opened()
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
            let writer = StoreWriter(reader, after: state, nowUnixUs: now)
            let context = CallContext(actor: AuditActor(identity: identity))
            for record in [master.record, integrity.record, auditHash.record] {
                let written = try await writer.insert(record)
                var event = context.event(.createKey, of: record.object.kind.name, version: written.version)
                event.storeRevision = written.revision
                writer.events.append(event)
            }
            for wrap in new.stored.wraps { try await writer.insert(wrap) }
            _ = try await writer.finish()
            return true
        }
        if created {
            logger.notice(
                "made a new key store and its master key", metadata: ["custodians": "\(custodians.description)"])
        }
    }
}

/// The rows that must be opened before any row can be verified.
struct BareStore {
    let master: StoredMaster
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
            self.master = try StoredMaster(
                master, wraps: try await MasterKeyWrap.unverified(of: master.version, connection))
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
