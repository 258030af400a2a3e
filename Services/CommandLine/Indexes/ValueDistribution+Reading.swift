import FieldsealPostgres
import Logging

extension ValueDistribution {
    /// Frequencies beyond this many different ones are an error; a column of a trillion rows has fewer.
    private static let mostGroups = 2_000_000

    /// Counts the values of a column where they are: only frequencies leave the database. Reads the whole table.
    ///
    /// - Parameters:
    ///   - table: its name, after its schema's where there is one.
    ///   - timeout: for the statement.
    static func reading(
        _ column: String, of table: [String], from conninfo: String, timeout: Duration
    ) async throws(CommandFailure) -> ValueDistribution {
        do {
            let pool = try PostgresPool(
                PostgresConfiguration(
                    conninfo: conninfo, applicationName: "fieldseal index plan", maximumConnections: 1,
                    statementTimeout: timeout),
                logger: Logger(label: "fieldseal.index-plan", factory: { _ in SwiftLogNoOpLogHandler() }))
            let rows = try await pool.withConnection { connection in
                try await connection.query(query(column, of: table))
            }
            return try ValueDistribution(rows)
        } catch let error as PostgresError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.failed, "the column cannot be read")
        }
    }

    private static func query(_ column: String, of table: [String]) -> PostgresQuery {
        var name: PostgresQuery = ""
        for (position, part) in table.enumerated() {
            if position > 0 { name.append(".") }
            name.append("\(identifier: part)")
        }
        return """
            SELECT is_null, frequency, count(*) AS how_many FROM (
                SELECT \(identifier: column) IS NULL AS is_null, count(*) AS frequency FROM \(name)
                GROUP BY \(identifier: column)
            ) AS counted
            GROUP BY is_null, frequency ORDER BY frequency DESC LIMIT \(Int64(mostGroups) + 1)
            """
    }

    private init(_ rows: PostgresRows) throws {
        guard rows.count <= Self.mostGroups else {
            throw CommandFailure(.failed, "the column has too many frequencies")
        }
        self.init(groups: [])
        for row in rows {
            let frequency = UInt64(clamping: try row.value("frequency", as: Int64.self))
            if try row.value("is_null") {
                nulls = frequency
            } else {
                groups.append(
                    .init(rows: frequency, values: UInt64(clamping: try row.value("how_many", as: Int64.self))))
            }
        }
    }
}

extension CommandFailure {
    /// What the server says of a statement names tables and columns, as they were given, and is shown.
    fileprivate init(_ error: PostgresError) {
        switch error.code {
        case .unavailable, .connectionLost:
            self.init(.unreachable, "\(error.code.description); see host, port and user in --dsn")
        case .configuration: self.init(.usage, "--dsn is no connection string of PostgreSQL")
        case .timeout:
            self.init(.unreachable, "the table was not read in time; allow more by --timeout, or ask a replica")
        case .server where error.sqlState?.description == "42P01": self.init(.failed, "the database has no such table")
        case .server where error.sqlState?.description == "42703": self.init(.failed, "the table has no such column")
        case .server where error.sqlState?.description == "42501":
            self.init(.denied, "the user in --dsn may not read the table")
        default: self.init(.failed, error.code.description)
        }
    }
}
