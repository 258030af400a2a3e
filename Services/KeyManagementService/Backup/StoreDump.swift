import FieldsealPostgres

/// Reads all tables of the store over one connection, whose transaction shows them as they were at one moment.
struct StoreDump {
    private static let batch = 500

    let connection: PostgresConnection

    /// - Parameter write: takes the content, piece by piece.
    func write(_ write: ([UInt8]) async throws -> Void) async throws {
        try await write(BackupContent.encodedBeginning(tables: BackupTables.held.count))
        for table in BackupTables.held { try await dump(table, write) }
    }

    private func dump(_ table: String, _ write: ([UInt8]) async throws -> Void) async throws {
        let columns = try await BackupTables.columns(of: table, in: connection)
        try await write(BackupContent.encoded(.table(name: table, columns: columns)))
        try await connection.query(
            """
            DECLARE backup_rows NO SCROLL CURSOR FOR
            SELECT \(BackupTables.list(columns)) FROM \(identifier: table) ORDER BY 1
            """)
        var count: UInt64 = 0
        while true {
            let rows = try await connection.query("FETCH FORWARD 500 FROM backup_rows")
            var piece: [UInt8] = []
            for row in rows {
                piece += BackupContent.encoded(.row(try columns.map { try row.binary($0.name) }))
            }
            if !piece.isEmpty { try await write(piece) }
            count += UInt64(rows.count)
            if rows.count < Self.batch { break }
        }
        try await connection.query("CLOSE backup_rows")
        try await write(BackupContent.encoded(.end(rows: count)))
    }
}
