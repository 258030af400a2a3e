import FieldsealCrypto
import FieldsealPostgres

extension StoreReader {
    func field(_ name: FieldName) async throws -> CatalogEntry? { try await entries(named: [name]).first }

    func field(id: ObjectID) async throws -> CatalogEntry? { try await entries(where: "id = \(id.uuid)").first }

    /// Fields by name; those that the catalog does not have are left out. Tombstones are read too: a live row that was made
    /// to look removed is noticed.
    func entries(named names: [FieldName]) async throws -> [CatalogEntry] {
        let wanted = Set(names)
        return try await entries(where: Self.named(names)).filter { wanted.contains($0.name) }
    }

    /// Reads the field that an operator names, and the table, which `shop.orders` may name too.
    static func fieldOrTable(_ name: FieldName) -> [PostgresQuery] {
        [tables("name = \("\(name)")")] + entries(named([name]))
    }

    /// Reads what the next version of a field's key follows, and that of its table.
    static func succession(of name: FieldName) -> PostgresQuery {
        succession(
            of: """
                SELECT \(KeyKind.fek.name), id FROM catalog_fields WHERE \(named([name]))
                UNION ALL SELECT \(KeyKind.dek.name), id FROM catalog_tables WHERE name = \(name.table)
                """)
    }

    /// - Parameter rows: the answers to `fieldOrTable(_:)`.
    /// - Returns: nil where it is a table, or nothing.
    func fieldAndNoTable(_ name: FieldName, _ rows: ArraySlice<PostgresRows>) throws -> CatalogEntry? {
        guard let first = rows.first, try tables(first).allSatisfy(\.isRemoved) else { return nil }
        return try entries(rows.dropFirst()).first { $0.name == name }
    }

    static func named(_ names: [FieldName]) -> PostgresQuery {
        """
        table_id IN (SELECT id FROM catalog_tables WHERE name = ANY(\(Array(Set(names.map(\.table))))))
            AND name = ANY(\(Array(Set(names.map(\.field)))))
        """
    }

    /// The fields that are not removed, nor their tables, with their indexes, by name.
    func entries(where condition: PostgresQuery) async throws -> [CatalogEntry] {
        try entries(try await connection.pipeline(Self.entries(condition))[...])
    }

    static func entries(_ condition: PostgresQuery) -> [PostgresQuery] {
        fieldsAndTables(condition) + [
            """
            SELECT \(CatalogIndex.columns) FROM catalog_indexes
            WHERE field_id IN (SELECT id FROM catalog_fields WHERE \(condition)) ORDER BY name
            """
        ]
    }

    /// - Parameter rows: the answers to `entries(_:)`.
    func entries(_ rows: ArraySlice<PostgresRows>) throws -> [CatalogEntry] {
        let fields = try fields(rows[rows.startIndex]).filter { !$0.isRemoved }
        let tables = Dictionary(
            try tables(rows[rows.startIndex + 1]).lazy.filter { !$0.isRemoved }.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        let indexes = Dictionary(
            grouping: try indexes(rows[rows.startIndex + 2]).filter { !$0.isRemoved }, by: \.fieldID)
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
        try tables(try await connection.query(Self.tables(condition)))
    }

    private static func tables(_ condition: PostgresQuery) -> PostgresQuery {
        "SELECT \(CatalogTable.columns) FROM catalog_tables WHERE \(condition)"
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
}

/// A field with its table and its indexes.
struct CatalogEntry: Sendable {
    var table: CatalogTable
    var field: CatalogField
    var indexes: [CatalogIndex]

    var name: FieldName { FieldName(table: table.name, field: field.name) }
    var key: KeyObject { KeyObject(kind: .fek, id: field.id) }
}
