import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres

/// What one revision tells.
struct RevisionNotices: Sendable, Equatable {
    var revision: UInt64
    /// The revision that it followed: one less, but after a restore.
    var previous: UInt64
    var changedUnixUs: Int64
    var notices: [KeyNotice]
}

extension StoreReader {
    /// The newest revision that has a row in `key_changes` and those after `position`, in order, at most `limit`.
    ///
    /// - Throws: `KeyServiceError.damaged` where a row was altered, or one between others is missing.
    func keyChanges(after position: UInt64, limit: Int) async throws -> [RevisionNotices] {
        guard let after = Int64(exactly: position) else { return [] }
        let rows = try await connection.query(
            """
            SELECT revision, previous, changed_at, changes, row_mac FROM key_changes WHERE revision > \(after)
            ORDER BY revision LIMIT \(limit)
            """)
        let changes = try rows.map { try verifiedChange($0) }
        for (former, next) in zip(changes, changes.dropFirst()) where next.previous != former.revision {
            throw KeyServiceError.damaged("key changes between \(former.revision) and \(next.revision) are missing")
        }
        return changes
    }

    /// The newest revision up to `revision` that told anything; nil where that is longer ago than changes are kept.
    func lastTold(upTo revision: UInt64) async throws -> RevisionNotices? {
        guard let bound = Int64(exactly: revision) else { return nil }
        let rows = try await connection.query(
            """
            SELECT revision, previous, changed_at, changes, row_mac FROM key_changes WHERE revision = \(bound) OR revision =
                (SELECT max(revision) FROM key_changes WHERE revision <= \(bound) AND octet_length(changes) > 0)
            ORDER BY revision
            """)
        let changes = try rows.map { try verifiedChange($0) }
        if changes.last?.revision != revision {
            // The row of the revision itself is gone: with all that are older, or taken out from among them.
            guard changes.isEmpty else {
                throw KeyServiceError.damaged("key changes of revision \(revision) are missing")
            }
            return nil
        }
        return changes.first.flatMap { $0.notices.isEmpty ? nil : $0 }
    }

    private func verifiedChange(_ row: PostgresRow) throws -> RevisionNotices {
        guard let previous = UInt64(exactly: try row.value("previous", as: Int64.self)) else {
            throw row.unreadable("previous")
        }
        let record = KeyChangeRecord(
            revision: try row.revision(), previous: previous, changedUnixUs: try row.microseconds("changed_at"),
            changes: try row.value("changes"))
        try verify(row, record.canonical, "key changes \(record.revision)")
        guard let message = try? Proto.KeyChanges(decoding: record.changes, limit: 256 << 20) else {
            throw row.unreadable("changes")
        }
        return RevisionNotices(
            revision: record.revision, previous: previous, changedUnixUs: record.changedUnixUs,
            notices: message.changes.compactMap(KeyNotice.init))
    }

    /// The names of fields that are not removed, nor their tables.
    func liveFieldNames(_ ids: Set<ObjectID>) async throws -> [ObjectID: String] {
        let (fields, tables) = try await fieldsAndTables(ids)
        return names(of: fields.filter { !$0.isRemoved }, in: tables.filter { !$0.isRemoved })
    }

    /// The names of fields, removed ones included.
    func fieldNames(_ ids: Set<ObjectID>) async throws -> [ObjectID: String] {
        let (fields, tables) = try await fieldsAndTables(ids)
        return names(of: fields, in: tables)
    }

    private func names(of fields: [CatalogField], in tables: [CatalogTable]) -> [ObjectID: String] {
        let tableNames = Dictionary(tables.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        var names: [ObjectID: String] = [:]
        for field in fields { names[field.id] = tableNames[field.tableID].map { "\($0).\(field.name)" } }
        return names
    }

    /// All who follow the changes.
    func watchers() async throws -> [WatcherRecord] {
        try await watchers("true ORDER BY identity, replica")
    }

    func watcher(_ replica: ObjectID, locked: Bool) async throws -> WatcherRecord? {
        let lock: PostgresQuery = locked ? "FOR UPDATE" : ""
        return try await watchers("replica = \(replica.uuid) \(lock)").first
    }

    private func watchers(_ condition: PostgresQuery) async throws -> [WatcherRecord] {
        let rows = try await connection.query(
            """
            SELECT replica, identity, position, seen_at, ttl_seconds, row_mac FROM key_watchers WHERE \(condition)
            """)
        return try rows.map { row in
            guard let position = UInt64(exactly: try row.value("position", as: Int64.self)),
                let ttl = UInt32(exactly: try row.value("ttl_seconds", as: Int32.self))
            else { throw row.unreadable("position") }
            let record = WatcherRecord(
                replica: try row.objectID("replica"), identity: try row.value("identity"), position: position,
                seenUnixUs: try row.microseconds("seen_at"), ttlSeconds: ttl)
            try verify(row, record.canonical, "watcher \(record.replica)")
            return record
        }
    }

    /// Writes a watcher, whatever stood there. Outside the store's chain: it tells of a process, not of a key.
    func write(_ watcher: WatcherRecord) async throws {
        let mac = try mac.authenticate(watcher.canonical)
        try await connection.query(
            """
            INSERT INTO key_watchers (replica, identity, position, seen_at, ttl_seconds, row_mac)
            VALUES (
                \(watcher.replica.uuid), \(watcher.identity), \(Int64(clamping: watcher.position)),
                \(PostgresTimestamp(unixMicroseconds: watcher.seenUnixUs)), \(Int32(clamping: watcher.ttlSeconds)),
                \(mac))
            ON CONFLICT (replica) DO UPDATE SET identity = excluded.identity, position = excluded.position,
                seen_at = excluded.seen_at, ttl_seconds = excluded.ttl_seconds, row_mac = excluded.row_mac
            """)
    }
}
