import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres

/// What a transaction tells encryption services is found from the rows that it writes. Whoever writes rows of
/// `encryption_keys` by another way than `insert` and `update` calls `noteInserted` and `noteUpdated` itself.
extension StoreWriter {
    static let noticeChannel = "fieldseal_key_changes"

    func noteInserted(_ record: KeyRecord) {
        notices.inserted(record)
        reader.states?.note(record)
    }

    /// - Parameter record: as it was written; what it was is known from its reading.
    func noteUpdated(_ record: KeyRecord) {
        notices.updated(record, from: reader.states?.state(of: record.identity.row))
        reader.states?.note(record)
    }

    /// A subject's key is deleted.
    func noteErased(subjectKey: ObjectID) { notices.subjectErased(subjectKey) }

    /// Before the plan is written: the names that its fields have until then are told too.
    func note(_ plan: CatalogPlan) async throws {
        var fields = Set(plan.fields.map(\.id)).union(plan.indexes.map(\.fieldID))
        if !plan.tables.isEmpty {
            let inTables = try await reader.fields(where: "table_id = ANY(\(plan.tables.map(\.id.uuid)))")
            fields.formUnion(inTables.map(\.id))
        }
        guard !fields.isEmpty else { return }
        notices.catalogChanged(fields: fields, formerly: try await reader.fieldNames(fields).values)
    }

    /// What was told before is forgotten, which the first row under the new key connects to: who is up to date goes on,
    /// all others forget what they hold.
    func reauthenticateWatchers(under mac: RowMAC) async throws {
        try await reader.connection.query("DELETE FROM key_changes")
        let watchers = try await reader.watchers()
        let next = StoreReader(connection: reader.connection, mac: mac)
        for watcher in watchers { try await next.write(watcher) }
    }

    /// Writes the revision's row of `key_changes`, and wakes those who follow if it holds anything.
    func postNotices() async throws {
        if !notices.changedIndexes.isEmpty {
            let indexes = try await reader.indexes(where: "id = ANY(\(notices.changedIndexes.map(\.uuid)))")
            notices.indexesBelong(to: indexes.map(\.fieldID))
        }
        var names = knownNames
        let fields = notices.fields.subtracting(names.keys)
        if !fields.isEmpty { names.merge(try await reader.fieldNames(fields)) { _, read in read } }
        let told = notices.notices(names: names)
        let record = KeyChangeRecord(
            revision: revision, previous: before.revision, changedUnixUs: nowUnixUs,
            changes: told.isEmpty ? [] : Proto.KeyChanges(changes: told.map(\.message)).encoded())
        let mac = try reader.mac.authenticate(record.canonical)
        try await connection.post(
            """
            INSERT INTO key_changes (revision, previous, changed_at, changes, row_mac)
            VALUES (
                \(Int64(revision)), \(Int64(before.revision)), \(PostgresTimestamp(unixMicroseconds: nowUnixUs)),
                \(record.changes), \(mac))
            """)
        if !told.isEmpty { try await connection.post(.notify(Self.noticeChannel)) }
    }
}

/// The states of the keys that one transaction has read, so that what it writes can be compared.
final class ReadStates {
    private var states: [ObjectID: KeyState] = [:]

    func note(_ record: KeyRecord) { states[record.identity.row] = record.state }

    func state(of row: ObjectID) -> KeyState? { states[row] }
}
