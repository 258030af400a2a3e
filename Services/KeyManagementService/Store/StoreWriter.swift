import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres

/// One transaction that changes the store. It holds the store's lock, so that changes come one after the other; all rows
/// it writes carry the revision that the transaction makes.
///
/// What it writes goes to the database with what it reads next, or with COMMIT, and may fail there.
final class StoreWriter {
    private(set) var reader: StoreReader
    /// The revision that this transaction makes, if it writes.
    let revision: UInt64
    let nowUnixUs: Int64
    /// What the transaction does, for the audit trail.
    var events: [AuditEvent] = []
    /// What administrators must hear of it; queued with it.
    var alerts: [Alert] = []
    /// What encryption services must hear of; written with it.
    var notices = KeyNotices()
    /// Names of fields that this transaction has read and does not change.
    var knownNames: [ObjectID: String] = [:]
    let before: StoreRevision
    private var change = StoreChange()

    var connection: PostgresConnection { reader.connection }

    /// - Parameters:
    ///   - before: the store's state, locked until the transaction ends.
    ///   - newestKnown: the transaction's revision is above it; a store that was rolled back goes on there.
    init(_ reader: StoreReader, after before: StoreRevision, nowUnixUs: Int64, above newestKnown: UInt64 = 0) {
        var reader = reader
        reader.states = ReadStates()
        self.reader = reader
        self.nowUnixUs = nowUnixUs
        self.before = before
        revision = max(before.revision, newestKnown) + 1
    }

    var storeID: ObjectID { before.storeID }

    func insert(_ record: KeyRecord) async throws -> KeyRecord { try await insert([record])[0] }

    func insert(_ records: [KeyRecord]) async throws -> [KeyRecord] {
        guard !records.isEmpty else { return [] }
        let (inserted, macs) = try stampedWithMACs(records)
        try await connection.post(KeyRecord.insert(inserted, macs: macs))
        for (record, mac) in zip(inserted, macs) {
            change.append(.keys, id: record.identity.row, mac: mac)
            noteInserted(record)
        }
        return inserted
    }

    func update(_ record: KeyRecord) async throws -> KeyRecord { try await update([record])[0] }

    /// Writes new contents of rows that were read before, all at once; where one is another by now, the transaction ends in
    /// `KeyServiceError.conflict`.
    @discardableResult
    func update(_ records: [KeyRecord]) async throws -> [KeyRecord] {
        guard !records.isEmpty else { return [] }
        let (updated, macs) = try stampedWithMACs(records)
        let update = KeyRecord.update(records, to: Int64(revision), macs: macs)
        try await connection.post(update.affecting(exactly: records.count))
        for (record, mac) in zip(updated, macs) {
            change.append(.keys, id: record.identity.row, mac: mac)
            noteUpdated(record)
        }
        for record in updated where record.object.kind == .master && !record.state.hasKey {
            try await deleteWraps(of: record.version)
        }
        return updated
    }

    func write(_ plan: CatalogPlan) async throws {
        try await note(plan)
        try await write(plan.tables, .catalogTables)
        try await write(plan.fields, .catalogFields)
        try await write(plan.indexes, .catalogIndexes)
    }

    private func write<Row: CatalogRow>(_ rows: [Row], _ table: StoreChange.Table) async throws {
        guard !rows.isEmpty else { return }
        let macs = try rows.map { try reader.mac.authenticate($0.canonical(revision: revision)) }
        try await connection.post(Row.upsert(rows, revision: Int64(revision), macs: macs))
        for (row, mac) in zip(rows, macs) { change.append(table, id: row.id, mac: mac) }
    }

    /// Authenticates every row of the store anew; `mac` is that of the store-integrity key to come. The transaction's last
    /// change: from here on it reads and writes under `mac`.
    func reauthenticate(under mac: RowMAC) async throws {
        for code in StoreChange.Table.allCases {
            let table = code.table
            let rows = try await table.rows(reader)
            let macs = try rows.map { try mac.authenticate($0.canonical) }
            let updated = try await connection.query(
                """
                UPDATE \(identifier: table.name) AS row SET row_mac = new.mac
                FROM unnest(\(rows.map(\.id.uuid)), \(macs)) AS new (id, mac)
                WHERE row.\(identifier: table.idColumn) = new.id
                """)
            guard updated.affected == rows.count else { throw KeyServiceError.conflict }
            for (row, mac) in zip(rows, macs) { wrote(code, id: row.id, mac: mac) }
        }
        try await reauthenticateWatchers(under: mac)
        reader = StoreReader(connection: connection, mac: mac)
    }

    /// The transaction's last statements: raises the revision and extends the chain, if anything was written, and inserts
    /// the events into the outbox. Answers the store's revision.
    func finish() async throws -> UInt64 {
        if !change.isEmpty { try await advance() }
        for statement in Outbox.insertion(of: events, unixMicroseconds: nowUnixUs) {
            try await connection.post(statement)
        }
        return change.isEmpty ? before.revision : revision
    }

    private func advance() async throws {
        let after = try before.advanced(by: change, to: revision)
        let mac = try reader.mac.authenticate(after.canonical)
        let raising: PostgresQuery = """
            UPDATE store_state SET revision = \(Int64(revision)), head = \(after.head), row_mac = \(mac)
            WHERE revision = \(Int64(before.revision))
            """
        try await connection.post(raising.affecting(exactly: 1))
        try await connection.post(
            """
            INSERT INTO store_revisions (revision, changed_at, changes, head)
            VALUES (\(Int64(revision)), \(PostgresTimestamp(unixMicroseconds: nowUnixUs)), \(change.encoded), \(after.head))
            """)
        try await postNotices()
    }

    /// Notes a row that was inserted or updated.
    func wrote(_ table: StoreChange.Table, id: ObjectID, mac: [UInt8]) { change.append(table, id: id, mac: mac) }

    /// Notes a row that was deleted.
    func removed(_ table: StoreChange.Table, id: ObjectID) { change.append(removed: table, id: id) }

    /// The records with this transaction's revision, and their MACs.
    private func stampedWithMACs(_ records: [KeyRecord]) throws -> (records: [KeyRecord], macs: [[UInt8]]) {
        let stamped = records.map { record in
            var record = record
            record.revision = revision
            return record
        }
        return (stamped, try stamped.map { try reader.mac.authenticate($0.canonical) })
    }
}
