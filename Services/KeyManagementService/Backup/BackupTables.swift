import FieldsealPostgres

/// Which tables of the database a backup holds. Every table of the schema stands in one of the two lists; a test compares
/// them with it.
enum BackupTables {
    /// In the order in which they can be filled: what is referred to comes first.
    static let held =
        ["store_state", "store_revisions"] + StoreChange.Table.allCases.map(\.table.name) + ["key_changes"]

    /// What belongs to the running service, not to the store: events and alerts on their way, and the schema's own record.
    static let left: Set<String> = [
        "audit_outbox", "alerts", "alert_windows", "alert_destinations", "key_scheduler", "key_watchers",
        "schema_migrations",
    ]

    /// The columns of a table that can be written, in order; empty where there is no such table.
    static func columns(of table: String, in connection: PostgresConnection) async throws -> [BackupContent.Column] {
        let rows = try await connection.query(
            """
            SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(\(table))) AND attnum > 0 AND NOT attisdropped
                AND attgenerated = '' ORDER BY attnum
            """)
        return try rows.map { .init(name: try $0.value("name"), type: try $0.value("type")) }
    }

    /// Columns after their names, quoted.
    static func list(_ columns: [BackupContent.Column]) -> PostgresQuery {
        var list: PostgresQuery = ""
        for (index, column) in columns.enumerated() {
            if index > 0 { list.append(", ") }
            list.append("\(identifier: column.name)")
        }
        return list
    }
}
