import FieldsealCrypto
import FieldsealPostgres

/// Reads the store over one connection. Every row is verified before it is used; a row that fails is
/// `KeyServiceError.damaged` and nothing of it is returned.
struct StoreReader {
    let connection: PostgresConnection
    let mac: RowMAC
    /// The states of the keys that were read, where somebody keeps them.
    var states: ReadStates?
    /// Where the transaction sees the store as it was at one moment, and has read it then.
    var known: StoreStanding?

    func key(_ condition: PostgresQuery) async throws -> KeyRecord? {
        let rows = try await keys(condition, limit: 2)
        guard rows.count <= 1 else { throw KeyServiceError.damaged("several keys where one is expected") }
        return rows.first
    }

    func keys(_ condition: PostgresQuery, limit: Int) async throws -> [KeyRecord] {
        try keys(try await connection.query(Self.keys(condition, limit: limit)))
    }

    static func keys(_ condition: PostgresQuery, limit: Int = Int(Int32.max)) -> PostgresQuery {
        "SELECT \(KeyRecord.columns) FROM encryption_keys WHERE \(condition) LIMIT \(limit)"
    }

    func keys(_ rows: PostgresRows) throws -> [KeyRecord] {
        try rows.map { row in
            let record = try KeyRecord(row)
            try verify(row, record.canonical, "key \(record.identity.row)")
            states?.note(record)
            return record
        }
    }

    func activeKey(_ object: KeyObject) async throws -> KeyRecord? {
        try await key("key_type = \(object.kind.name) AND key_id = \(object.id.uuid) AND is_active")
    }

    /// The active versions of keys; those that have none are left out.
    func activeKeys(_ objects: [KeyObject]) async throws -> [KeyObject: KeyRecord] {
        try active(try await connection.query(Self.active(objects)))
    }

    private static func active(_ objects: [KeyObject]) -> PostgresQuery {
        keys("\(versions(of: objects)) AND is_active")
    }

    private func active(_ rows: PostgresRows) throws -> [KeyObject: KeyRecord] { try Self.active(try keys(rows)) }

    private static func active(_ records: [KeyRecord]) throws -> [KeyObject: KeyRecord] {
        let active = Dictionary(grouping: records, by: \.object)
        guard active.count == records.count else { throw KeyServiceError.damaged("a key has several active versions") }
        return active.compactMapValues(\.first)
    }

    func succession(of objects: [KeyObject]) async throws -> KeySuccession {
        let named: PostgresQuery = "SELECT * FROM unnest(\(objects.map(\.kind.name)), \(objects.map(\.id.uuid)))"
        return try succession(try await connection.query(Self.succession(of: named)))
    }

    /// - Parameter objects: a query of the kinds and ids of keys.
    static func succession(of objects: PostgresQuery) -> PostgresQuery {
        keys(
            """
            id IN (
                SELECT known.id FROM (\(objects)) AS object (kind, id), LATERAL (
                    (SELECT id FROM encryption_keys WHERE key_type = object.kind AND key_id = object.id
                        ORDER BY rotation_count DESC LIMIT 1)
                    UNION ALL
                    SELECT id FROM encryption_keys WHERE key_type = object.kind AND key_id = object.id AND is_active
                ) AS known)
            """)
    }

    /// - Parameter rows: the answer to `succession(of:)`.
    func succession(_ rows: PostgresRows) throws -> KeySuccession {
        let records = try keys(rows)
        return KeySuccession(
            active: try Self.active(records.filter(\.isActive)), nextCounts: Self.nextCounts(after: records))
    }

    func key(_ object: KeyObject, version: KeyVersion) async throws -> KeyRecord? {
        try await key(
            "version = \(version.column) AND key_type = \(object.kind.name) AND key_id = \(object.id.uuid)")
    }

    func parent(of record: KeyRecord) async throws -> KeyRecord {
        guard let parent = record.identity.parent, let kind = record.object.kind.parent,
            let key = try await key(KeyObject(kind: kind, id: parent.object), version: parent.version)
        else { throw KeyServiceError.damaged("key \(record.identity.row) has no parent") }
        return key
    }

    /// Every version of a key, the newest first.
    func versions(of object: KeyObject, limit: Int) async throws -> [KeyRecord] {
        try await keys(
            """
            key_type = \(object.kind.name) AND key_id = \(object.id.uuid) ORDER BY rotation_count DESC
            """, limit: limit)
    }

    /// The `rotationCount` of a key's next version.
    func nextRotationCount(of object: KeyObject) async throws -> Int32 {
        (try await versions(of: object, limit: 1).first?.rotationCount).map { $0 + 1 } ?? 0
    }

    /// The same for many keys without an active version; those without a version are left out. Reads, and so verifies, all
    /// versions: a row that was made to look superseded does not pass for a key that is still to be made.
    func nextRotationCounts(ofInactive objects: [KeyObject]) async throws -> [KeyObject: Int32] {
        Self.nextCounts(after: try await keys(Self.versions(of: objects), limit: Int(Int32.max)))
    }

    private static func nextCounts(after versions: [KeyRecord]) -> [KeyObject: Int32] {
        Dictionary(versions.map { ($0.object, $0.rotationCount + 1) }, uniquingKeysWith: max)
    }

    private static func versions(of objects: [KeyObject]) -> PostgresQuery {
        let kinds = Array(Set(objects.map(\.kind.name)))
        return "key_type = ANY(\(kinds)) AND key_id = ANY(\(objects.map(\.id.uuid)))"
    }

    /// What a rotation of `parent` wraps anew: every child that holds a key, whatever its state.
    func children(of parent: KeyObject) async throws -> [KeyRecord] {
        try await keys("parent_key_id = \(parent.id.uuid) AND state <> 'destroyed' ORDER BY id", limit: Int(Int32.max))
            .filter { $0.object.kind.parent == parent.kind }
    }

    func verify(_ row: PostgresRow, _ columns: CanonicalRow, _ name: @autoclosure () -> String) throws {
        guard try mac.isValid(try row.value("row_mac"), for: columns) else {
            throw KeyServiceError.damaged("the MAC of \(name()) does not hold")
        }
    }
}

/// What the next versions of keys follow.
struct KeySuccession {
    /// The active versions; keys that have none are left out.
    var active: [KeyObject: KeyRecord]
    /// The `rotationCount` of the next version of each key that has any.
    var nextCounts: [KeyObject: Int32]
}
