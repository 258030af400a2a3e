import FieldsealPostgres

/// Fills the tables of a store, which are empty, from a backup's content; in the caller's transaction.
struct StoreLoad {
    private static let batch = 500

    let connection: PostgresConnection
    private var reader = BackupContentReader()
    private var table: (name: String, columns: [String])?
    private var rows: [[PostgresValue]] = []
    private var filled: Set<String> = []
    /// Rows of each table.
    private(set) var counts: [String: UInt64] = [:]

    init(_ connection: PostgresConnection) { self.connection = connection }

    mutating func append(_ piece: [UInt8]) async throws {
        reader.append(piece)
        while let item = try reader.next() {
            switch item {
            case .table(let name, let columns): try await begin(name, columns)
            case .row(let values):
                // COPY asks for no types: the values are in the columns' own.
                rows.append(values.map { $0.map { .binary(.bytes, $0) } ?? .null(.bytes) })
                if rows.count == Self.batch { try await flush() }
            case .end(let count):
                try await flush()
                if let table { counts[table.name] = count }
                table = nil
            }
        }
    }

    /// - Throws: where the content has not come to its end.
    func finish() throws(BackupError) {
        guard reader.isComplete else { throw .misshapen }
    }

    /// A table or column that is not known here was made by a newer version; one that is missing there is filled by its
    /// default, as a migration would have done.
    private mutating func begin(_ name: String, _ columns: [BackupContent.Column]) async throws {
        guard BackupTables.held.contains(name), filled.insert(name).inserted else {
            throw BackupError(.format, "the backup was made by a newer version: it holds more than is known here")
        }
        let known = try await BackupTables.columns(of: name, in: connection)
        guard columns.allSatisfy(known.contains) else {
            throw BackupError(.format, "the backup was made by another version: table \(name) has other columns here")
        }
        table = (name, columns.map(\.name))
    }

    private mutating func flush() async throws {
        guard let table, !rows.isEmpty else { return }
        _ = try await connection.copy(rows, into: table.name, columns: table.columns)
        rows = []
    }
}
