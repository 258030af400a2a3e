import FieldsealCrypto
import FieldsealPostgres

/// Reads the store over one connection. Every row is verified before it is used; a row that fails is
/// `KeyServiceError.damaged` and nothing of it is returned.
struct StoreReader {
    let connection: PostgresConnection
    let mac: RowMAC
    /// The states of the keys that were read, where somebody keeps them.
    var states: ReadStates?

    func key(_ condition: PostgresQuery) async throws -> KeyRecord? {
        let rows = try await keys(condition, limit: 2)
        guard rows.count <= 1 else { throw KeyServiceError.damaged("several keys where one is expected") }
        return rows.first
    }

    func keys(_ condition: PostgresQuery, limit: Int) async throws -> [KeyRecord] {
        try keys(try await connection.query(Self.keys(condition, limit: limit)))
    }

    private static func keys(_ condition: PostgresQuery, limit: Int = Int(Int32.max)) -> PostgresQuery {
        "SELECT \(KeyRecord.columns) FROM encryption_keys WHERE \(condition) LIMIT \(limit)"
    }

    private func keys(_ rows: PostgresRows) throws -> [KeyRecord] {
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

    /// The active versions of keys, and the `rotationCount` of the next version of each that has any.
    func activeKeysAndNextCounts(
        of objects: [KeyObject]
    ) async throws -> (active: [KeyObject: KeyRecord], counts: [KeyObject: Int32]) {
        let newest: PostgresQuery = """
            id IN (
                SELECT newest.id
                FROM unnest(\(objects.map(\.kind.name)), \(objects.map(\.id.uuid))) AS object (kind, id), LATERAL (
                    SELECT id FROM encryption_keys WHERE key_type = object.kind AND key_id = object.id
                    ORDER BY rotation_count DESC LIMIT 1) AS newest)
            """
        let rows = try await connection.pipeline([Self.active(objects), Self.keys(newest)])
        return (try active(rows[0]), Self.nextCounts(after: try keys(rows[1])))
    }

    private static func active(_ objects: [KeyObject]) -> PostgresQuery {
        keys("\(versions(of: objects)) AND is_active")
    }

    private func active(_ rows: PostgresRows) throws -> [KeyObject: KeyRecord] {
        let records = try keys(rows)
        let active = Dictionary(grouping: records, by: \.object)
        guard active.count == records.count else { throw KeyServiceError.damaged("a key has several active versions") }
        return active.compactMapValues(\.first)
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
}

extension StoreReader {
    func field(_ name: FieldName) async throws -> CatalogEntry? { try await entries(named: [name]).first }

    func field(id: ObjectID) async throws -> CatalogEntry? { try await entries(where: "id = \(id.uuid)").first }

    /// Fields by name; those that the catalog does not have are left out. Tombstones are read too: a live row that was made
    /// to look removed is noticed.
    func entries(named names: [FieldName]) async throws -> [CatalogEntry] {
        let wanted = Set(names)
        return try await entries(
            where: """
                table_id IN (SELECT id FROM catalog_tables WHERE name = ANY(\(Array(Set(names.map(\.table))))))
                    AND name = ANY(\(Array(Set(names.map(\.field)))))
                """
        ).filter { wanted.contains($0.name) }
    }

    /// The fields that are not removed, nor their tables, with their indexes, by name.
    func entries(where condition: PostgresQuery) async throws -> [CatalogEntry] {
        let rows = try await connection.pipeline(
            Self.fieldsAndTables(condition) + [
                """
                SELECT \(CatalogIndex.columns) FROM catalog_indexes
                WHERE field_id IN (SELECT id FROM catalog_fields WHERE \(condition)) ORDER BY name
                """
            ])
        let fields = try fields(rows[0]).filter { !$0.isRemoved }
        let tables = Dictionary(
            try tables(rows[1]).lazy.filter { !$0.isRemoved }.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        let indexes = Dictionary(grouping: try indexes(rows[2]).filter { !$0.isRemoved }, by: \.fieldID)
        return fields.compactMap { field in
            tables[field.tableID].map { CatalogEntry(table: $0, field: field, indexes: indexes[field.id] ?? []) }
        }
    }

    /// Fields and their tables, tombstones included.
    func fieldsAndTables(_ ids: Set<ObjectID>) async throws -> (fields: [CatalogField], tables: [CatalogTable]) {
        let rows = try await connection.pipeline(Self.fieldsAndTables("id = ANY(\(ids.map(\.uuid)))"))
        return (try fields(rows[0]), try tables(rows[1]))
    }

    private static func fieldsAndTables(_ condition: PostgresQuery) -> [PostgresQuery] {
        [
            "SELECT \(CatalogField.columns) FROM catalog_fields WHERE \(condition) ORDER BY name",
            """
            SELECT \(CatalogTable.columns) FROM catalog_tables
            WHERE id IN (SELECT table_id FROM catalog_fields WHERE \(condition))
            """,
        ]
    }

    /// Tombstones are read too: a live row that was made to look removed is noticed.
    private func table(named name: String) async throws -> CatalogTable? {
        try await tables(where: "name = \(name)").first { !$0.isRemoved }
    }

    /// The key that an operator names; `master` and `audit-hash` belong to `store`.
    func keyObject(named name: String, store: ObjectID) async throws -> KeyObject? {
        switch name {
        case KeyKind.master.name: return KeyObject(kind: .master, id: store)
        case KeyKind.auditHash.name: return KeyObject(kind: .auditHash, id: store)
        default: break
        }
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            if name == SubjectObject.name(of: String(parts[0])), let table = try await table(named: String(parts[0])) {
                return KeyObject(kind: .subjectWrapping, id: table.id)
            }
            guard let field = FieldName(String(parts[0])), let entry = try await self.field(field) else { return nil }
            return entry.indexes.first { $0.name == parts[1] }.map { $0.key }
        }
        if CatalogName.isTable(name), let table = try await table(named: name) {
            return table.key
        }
        guard let field = FieldName(name) else { return nil }
        return try await self.field(field)?.key
    }

    /// The whole catalog, tombstones included.
    func catalog() async throws -> Catalog {
        Catalog(
            tables: try await tables(where: "true ORDER BY id"), fields: try await fields(where: "true ORDER BY id"),
            indexes: try await indexes(where: "true ORDER BY id"))
    }

    func tables(where condition: PostgresQuery) async throws -> [CatalogTable] {
        try tables(try await connection.query("SELECT \(CatalogTable.columns) FROM catalog_tables WHERE \(condition)"))
    }

    private func tables(_ rows: PostgresRows) throws -> [CatalogTable] {
        try rows.map { row in
            let table = try CatalogTable(row)
            try verify(row, table.canonical(revision: try row.revision()), "table \(table.id)")
            return table
        }
    }

    func fields(where condition: PostgresQuery) async throws -> [CatalogField] {
        try fields(try await connection.query("SELECT \(CatalogField.columns) FROM catalog_fields WHERE \(condition)"))
    }

    private func fields(_ rows: PostgresRows) throws -> [CatalogField] {
        try rows.map { row in
            let field = try CatalogField(row)
            try verify(row, field.canonical(revision: try row.revision()), "field \(field.id)")
            return field
        }
    }

    func indexes(where condition: PostgresQuery) async throws -> [CatalogIndex] {
        try indexes(
            try await connection.query("SELECT \(CatalogIndex.columns) FROM catalog_indexes WHERE \(condition)"))
    }

    private func indexes(_ rows: PostgresRows) throws -> [CatalogIndex] {
        try rows.map { row in
            let index = try CatalogIndex(row)
            try verify(row, index.canonical(revision: try row.revision()), "index \(index.id)")
            return index
        }
    }

    func verify(_ row: PostgresRow, _ columns: CanonicalRow, _ name: @autoclosure () -> String) throws {
        guard try mac.isValid(try row.value("row_mac"), for: columns) else {
            throw KeyServiceError.damaged("the MAC of \(name()) does not hold")
        }
    }

    func revision() async throws -> StoreRevision { try await standing().state }

    func state(_ rows: PostgresRows) throws -> StoreRevision {
        guard let row = rows.first, rows.count == 1 else { throw KeyServiceError.damaged("no store state") }
        let state = StoreRevision(
            storeID: try row.objectID("store_id"), revision: try row.revision(), head: try row.value("head"))
        try verify(row, state.canonical, "store state")
        return state
    }
}

/// A field with its table and its indexes.
struct CatalogEntry: Sendable {
    var table: CatalogTable
    var field: CatalogField
    var indexes: [CatalogIndex]

    var name: FieldName { FieldName(table: table.name, field: field.name) }
    var key: KeyObject { KeyObject(kind: .fek, id: field.id) }
}

extension StoreRevision {
    static let columns: PostgresQuery = "store_id, revision, head, row_mac"
}
