import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres

/// One transaction that changes the store. It holds the store's lock, so that changes come one after the other; all rows
/// it writes carry the revision that the transaction makes.
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

    /// - Parameter superseded: rows that were read before, as `update(_:)` writes them; first, in the same round trip.
    func insert(_ records: [KeyRecord], afterUpdating superseded: [KeyRecord] = []) async throws -> [KeyRecord] {
        guard !records.isEmpty else { return [] }
        let (updated, updatedMACs) = try stampedWithMACs(superseded)
        let (inserted, macs) = try stampedWithMACs(records)
        let updates = updated.isEmpty ? [] : [KeyRecord.update(superseded, to: Int64(revision), macs: updatedMACs)]
        let rows = try await connection.pipeline(updates + [KeyRecord.insert(inserted, macs: macs)])
        if !updates.isEmpty { try await noteUpdated(updated, updatedMACs, affected: rows[0].affected) }
        for (record, mac) in zip(inserted, macs) {
            change.append(.keys, id: record.identity.row, mac: mac)
            noteInserted(record)
        }
        return inserted
    }

    func update(_ record: KeyRecord) async throws -> KeyRecord { try await update([record])[0] }

    /// Writes new contents of rows that were read before, all at once; `KeyServiceError.conflict` where one is another by
    /// now.
    @discardableResult
    func update(_ records: [KeyRecord]) async throws -> [KeyRecord] {
        guard !records.isEmpty else { return [] }
        let (updated, macs) = try stampedWithMACs(records)
        let rows = try await connection.query(KeyRecord.update(records, to: Int64(revision), macs: macs))
        try await noteUpdated(updated, macs, affected: rows.affected)
        return updated
    }

    private func noteUpdated(_ records: [KeyRecord], _ macs: [[UInt8]], affected: Int) async throws {
        guard affected == records.count else { throw KeyServiceError.conflict }
        for (record, mac) in zip(records, macs) {
            change.append(.keys, id: record.identity.row, mac: mac)
            noteUpdated(record)
        }
        for record in records where record.object.kind == .master && !record.state.hasKey {
            try await deleteWraps(of: record.version)
        }
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
        try await connection.query(Row.upsert(rows, revision: Int64(revision), macs: macs))
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

    /// The transaction's last statements, in one round trip: raises the revision and extends the chain, if anything was
    /// written, and inserts the events into the outbox. Answers the store's revision.
    func finish() async throws -> UInt64 {
        let outbox = Outbox.insertion(of: events, unixMicroseconds: nowUnixUs)
        guard !change.isEmpty else {
            _ = try await connection.pipeline(outbox)
            return before.revision
        }
        let after = try before.advanced(by: change, to: revision)
        let mac = try reader.mac.authenticate(after.canonical)
        let state: [PostgresQuery] = [
            """
            UPDATE store_state SET revision = \(Int64(after.revision)), head = \(after.head), row_mac = \(mac)
            WHERE revision = \(Int64(before.revision))
            """,
            """
            INSERT INTO store_revisions (revision, changed_at, changes, head)
            VALUES (\(Int64(after.revision)), \(PostgresTimestamp(unixMicroseconds: nowUnixUs)), \(change.encoded), \(after.head))
            """,
        ]
        let results = try await connection.pipeline(state + (try await noticeStatements()) + outbox)
        guard results[0].affected == 1 else { throw KeyServiceError.conflict }
        return after.revision
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
