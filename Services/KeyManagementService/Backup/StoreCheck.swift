import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres

extension StoreReader {
    /// Verifies the whole store: every row's MAC, and all of them against the chain.
    func verifyAll() async throws {
        for table in StoreChange.Table.allCases { _ = try await table.table.rows(self) }
        try await StoreHistory(reader: self).verify()
    }

    /// Verifies a store that was filled from a backup, which must be the one that the backup's header names.
    func verifyAll(from header: BackupHeader) async throws {
        guard try await revision() == header.state else { throw BackupError.misshapen }
        try await verifyAll()
    }
}

/// Fills temporary tables from a backup and verifies them as if they were the store's; they end with the transaction.
enum BackupRehearsal {
    static func makeTables(in connection: PostgresConnection) async throws {
        // In front of the store's own tables for the rest of the transaction.
        for table in BackupTables.held {
            try await connection.query(
                """
                CREATE TEMPORARY TABLE \(identifier: table) (LIKE \(identifier: table) INCLUDING DEFAULTS) ON COMMIT DROP
                """)
        }
    }

    /// - Returns: the rows of each table.
    static func load(
        _ file: BackupFile, under provider: any MasterKeyProvider, in connection: PostgresConnection
    ) async throws -> [String: UInt64] {
        try await makeTables(in: connection)
        var load = StoreLoad(connection)
        try await file.readChunks(under: provider) { try await load.append($0) }
        try load.finish()
        return load.counts
    }
}
