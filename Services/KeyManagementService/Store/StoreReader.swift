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
        let rows = try await connection.query(
            "SELECT \(KeyRecord.columns) FROM encryption_keys WHERE \(condition) LIMIT \(limit)")
        return try rows.map { row in
            let record = try KeyRecord(row)
            try verify(row, record.canonical, "key \(record.identity.row)")
            states?.note(record)
            return record
        }
    }

    func activeKey(_ object: KeyObject) async throws -> KeyRecord? {
        try await key("key_type = \(object.kind.name) AND key_id = \(object.id.uuid) AND is_active")
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

    /// The same for a key without an active version. Reads, and so verifies, all versions: a row that was made to look
    /// superseded does not pass for a key that is still to be made.
    func nextRotationCountOfInactive(_ object: KeyObject) async throws -> Int32 {
        (try await versions(of: object, limit: Int(Int32.max)).first?.rotationCount).map { $0 + 1 } ?? 0
    }

    /// What a rotation of `parent` wraps anew: every child that holds a key, whatever its state.
    func children(of parent: KeyObject) async throws -> [KeyRecord] {
        try await keys("parent_key_id = \(parent.id.uuid) AND state <> 'destroyed' ORDER BY id", limit: Int(Int32.max))
            .filter { $0.object.kind.parent == parent.kind }
    }
}

extension StoreReader {
    func field(_ name: FieldName) async throws -> CatalogEntry? {
        guard
            let table = try await table(named: name.table),
            let field = try await fields(where: "table_id = \(table.id.uuid) AND name = \(name.field)")
                .first(where: { !$0.isRemoved })
        else { return nil }
        return try await entry(field, of: table)
    }

    /// Tombstones are read too: a live row that was made to look removed is noticed.
    private func table(named name: String) async throws -> CatalogTable? {
        try await tables(where: "name = \(name)").first { !$0.isRemoved }
    }

    func field(id: ObjectID) async throws -> CatalogEntry? {
        guard
            let field = try await fields(where: "id = \(id.uuid)").first, !field.isRemoved,
            let table = try await tables(where: "id = \(field.tableID.uuid)").first, !table.isRemoved
        else { return nil }
        return try await entry(field, of: table)
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
            return entry.indexes.first { $0.name == parts[1] }.map { KeyObject(kind: .index, id: $0.id) }
        }
        if CatalogName.isTable(name), let table = try await table(named: name) {
            return KeyObject(kind: .dek, id: table.id)
        }
        guard let field = FieldName(name) else { return nil }
        return try await self.field(field)?.key
    }

    private func entry(_ field: CatalogField, of table: CatalogTable) async throws -> CatalogEntry {
        CatalogEntry(
            table: table, field: field,
            indexes: try await indexes(where: "field_id = \(field.id.uuid) ORDER BY name").filter { !$0.isRemoved })
    }

    /// The whole catalog, tombstones included.
    func catalog() async throws -> Catalog {
        Catalog(
            tables: try await tables(where: "true ORDER BY id"), fields: try await fields(where: "true ORDER BY id"),
            indexes: try await indexes(where: "true ORDER BY id"))
    }

    func tables(where condition: PostgresQuery) async throws -> [CatalogTable] {
        try await connection.query("SELECT \(CatalogTable.columns) FROM catalog_tables WHERE \(condition)").map { row in
            let table = try CatalogTable(row)
            try verify(row, table.canonical(revision: try row.revision()), "table \(table.id)")
            return table
        }
    }

    func fields(where condition: PostgresQuery) async throws -> [CatalogField] {
        try await connection.query("SELECT \(CatalogField.columns) FROM catalog_fields WHERE \(condition)").map { row in
            let field = try CatalogField(row)
            try verify(row, field.canonical(revision: try row.revision()), "field \(field.id)")
            return field
        }
    }

    func indexes(where condition: PostgresQuery) async throws -> [CatalogIndex] {
        try await connection.query("SELECT \(CatalogIndex.columns) FROM catalog_indexes WHERE \(condition)").map {
            row in
            let index = try CatalogIndex(row)
            try verify(row, index.canonical(revision: try row.revision()), "index \(index.id)")
            return index
        }
    }

    func verify(_ row: PostgresRow, _ columns: CanonicalRow, _ name: String) throws {
        guard try mac.isValid(try row.value("row_mac"), for: columns) else {
            throw KeyServiceError.damaged("the MAC of \(name) does not hold")
        }
    }

    /// The store's revision; `locked` keeps every other change away until the transaction ends.
    func revision(locked: Bool = false) async throws -> StoreRevision {
        let lock: PostgresQuery = locked ? "FOR UPDATE" : ""
        return try state(try await connection.query("SELECT \(StoreRevision.columns) FROM store_state \(lock)"))
    }

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
