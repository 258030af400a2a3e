import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealServiceRuntime

/// Puts a backup back, while no service runs: everything is verified first, all tables are filled in one transaction, and
/// the store is quarantined in the same. What fails leaves the database as it was.
struct StoreRestore {
    /// Opens the master key and writes the quarantine; its keyring stays empty.
    let authority: KeyAuthority
    /// The backup key's.
    let provider: any MasterKeyProvider

    struct Summary: Sendable, Equatable, CustomStringConvertible {
        var state: StoreRevision
        var createdUnixUs: Int64
        var counts: [String: UInt64]
        /// The revision that quarantined the restored store; nil: nothing was restored.
        var quarantinedAt: UInt64?

        var description: String {
            let keys = counts["encryption_keys"] ?? 0
            let tables = counts["catalog_tables"] ?? 0
            let fields = counts["catalog_fields"] ?? 0
            let what = "key store \(state.storeID) at revision \(state.revision)"
            let when = Timestamp.text(unixMicroseconds: createdUnixUs)
            let content = "\(keys) key versions, \(tables) tables, \(fields) fields, backed up at \(when)"
            guard let quarantinedAt else { return "good: \(what); \(content)" }
            return
                "restored: \(what); \(content); quarantined at revision \(quarantinedAt) until the restore is accepted"
        }
    }

    /// Verifies a backup as a restore would, in temporary tables.
    func verify(path: String) async throws -> Summary {
        let file = try await checked(path)
        return try await authority.pool.withTransaction(.repeatableRead, attempts: 1) { connection in
            guard try await !BackupTables.columns(of: "store_state", in: connection).isEmpty else {
                throw BackupError(
                    .target, "the database has no schema yet to verify the rows with; start the service once")
            }
            let counts = try await BackupRehearsal.load(file, under: provider, in: connection)
            try await verify(file.header, connection)
            return Summary(state: file.header.state, createdUnixUs: file.header.createdUnixUs, counts: counts)
        }
    }

    /// - Parameter replaces: the store that stands there, which must have the backup's id, is moved into a schema of its
    ///   own first; otherwise the tables must be empty.
    func restore(path: String, replaces: Bool) async throws -> Summary {
        let file = try await checked(path)
        for migrations in [Outbox.migrations, AlertQueue.migrations, KeyStoreSchema.migrations] {
            try await migrations.apply(to: authority.pool, logger: authority.logger)
        }
        return try await authority.pool.withTransaction(attempts: 1) { connection in
            try await connection.lockUntilCommit("fieldseal key store", timeout: .seconds(120))
            try await makeRoom(for: file.header, replaces: replaces, connection)
            var load = StoreLoad(connection)
            try await file.readChunks(under: provider) { try await load.append($0) }
            try load.finish()
            let mac = try await verify(file.header, connection)
            let revision = try await quarantine(file.header, mac, connection)
            return Summary(
                state: file.header.state, createdUnixUs: file.header.createdUnixUs, counts: load.counts,
                quarantinedAt: revision)
        }
    }

    /// Opens every chunk and reads the content through, before the database is touched.
    private func checked(_ path: String) async throws -> BackupFile {
        let file = try BackupFile(path: path)
        var reader = BackupContentReader()
        try await file.readChunks(under: provider) { piece in
            reader.append(piece)
            while try reader.next() != nil {}
        }
        guard reader.isComplete else { throw BackupError.misshapen }
        return try BackupFile(path: path)
    }

    /// - Returns: what authenticates the rows, from the master key that a custodian has opened.
    @discardableResult
    private func verify(_ header: BackupHeader, _ connection: PostgresConnection) async throws -> RowMAC {
        guard let keyring = try await authority.openStore(in: connection), keyring.storeID == header.state.storeID
        else {
            throw BackupError.misshapen
        }
        let mac = try keyring.rowMAC()
        try await StoreReader(connection: connection, mac: mac).verifyAll(from: header)
        return mac
    }

    private func makeRoom(
        for header: BackupHeader, replaces: Bool, _ connection: PostgresConnection
    ) async throws {
        var occupied: [String] = []
        for table in BackupTables.held {
            let found = try await connection.query("SELECT EXISTS (SELECT FROM \(identifier: table)) AS found").single()
            if try found.value("found") { occupied.append(table) }
        }
        guard !occupied.isEmpty else { return }
        guard replaces else {
            throw BackupError(
                .target, "the database holds a key store; --replace moves it aside, if it is the same store")
        }
        let stores = try await connection.query("SELECT store_id FROM store_state")
        guard stores.count == 1, try stores[0].objectID("store_id") == header.state.storeID else {
            throw BackupError(.target, "the database holds another key store than the backup")
        }
        try await moveAside(connection)
    }

    private func moveAside(_ connection: PostgresConnection) async throws {
        let schema = "fieldseal_replaced_\(authority.clock() / 1_000_000)"
        try await connection.query("CREATE SCHEMA \(identifier: schema)")
        var tables: PostgresQuery = ""
        for (index, table) in BackupTables.held.enumerated() {
            try await connection.query(
                "CREATE TABLE \(identifier: schema).\(identifier: table) AS TABLE \(identifier: table)")
            tables.append("\(index == 0 ? "" : ", " as PostgresQuery)\(identifier: table)")
        }
        try await connection.query("TRUNCATE \(tables)")
    }

    private func quarantine(
        _ header: BackupHeader, _ mac: RowMAC, _ connection: PostgresConnection
    ) async throws -> UInt64 {
        let reader = StoreReader(connection: connection, mac: mac)
        let standing = try reader.standing(try await connection.pipeline(StoreReader.opening(locked: true)))
        let writer = StoreWriter(reader, after: standing.state, nowUnixUs: authority.clock())
        try await writer.write(
            Quarantine(
                storeID: header.state.storeID, sinceUnixUs: writer.nowUnixUs, backupRevision: header.state.revision,
                reason: .restored))
        var event = AuditEvent(actor: AuditActor(identity: authority.identity), operation: .restoreStore)
        event.storeRevision = header.state.revision
        let alert = Alert(
            .storeRestored, .critical, object: "\(header.state.storeID)",
            text: "the key store was restored from a backup of revision \(header.state.revision)")
        try await AlertQueue.raise([alert], unixMicroseconds: writer.nowUnixUs, in: connection)
        writer.events.append(event)
        return try await writer.finish()
    }
}
