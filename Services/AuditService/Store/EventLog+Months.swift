import FieldsealPostgres

extension EventLog {
    /// Months that stand ready behind the current one.
    private static let monthsAhead = 2
    /// Made in one turn, whatever the clock says.
    private static let monthsAtOnce = 24

    /// Whether months are to be made ahead now.
    func lacksMonths() async throws -> Bool {
        let kept = try KeptMonths(try await pool.query(KeptMonths.query).single())
        return kept.last < LogMonth(unixMicroseconds: clock()).advanced(by: Self.monthsAhead)
    }

    /// Makes the partitions of the months up to some way ahead of a time that are not made yet, and answers the new ones.
    ///
    /// They are filled and then attached: appends and queries go on meanwhile.
    /// - Parameter owner: may make tables; one of several replicas makes them.
    static func makeMonths(around unixMicroseconds: Int64, by owner: PostgresPool) async throws -> [LogMonth] {
        let end = LogMonth(unixMicroseconds: unixMicroseconds).advanced(by: monthsAhead)
        return try await owner.withTransaction { connection in
            try await connection.lockUntilCommit("fieldseal audit months")
            try await connection.query("SET LOCAL lock_timeout = '5s'")
            let row = try await connection.query("SELECT max(month) AS last FROM audit_months").single()
            let last = try LogMonth(row, "last")
            var months: [LogMonth] = []
            while (months.last ?? last) < end, months.count < monthsAtOnce {
                months.append((months.last ?? last).advanced(by: 1))
            }
            for month in months { try await make(month, connection) }
            return months
        }
    }

    private static func make(_ month: LogMonth, _ connection: PostgresConnection) async throws {
        for parent in ["audit_blocks", "audit_events"] {
            let name = partition(of: parent, month)
            try await connection.script(
                """
                CREATE TABLE \(name) (LIKE \(parent) INCLUDING CONSTRAINTS INCLUDING STORAGE);
                REVOKE ALL ON \(name) FROM PUBLIC;
                CREATE TRIGGER \(parent)_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \(name)
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
                ALTER TABLE \(parent) ATTACH PARTITION \(name)
                    FOR VALUES FROM (\(month.rawValue)) TO (\(month.advanced(by: 1).rawValue));
                """)
        }
        try await connection.query("INSERT INTO audit_months VALUES (\(month.rawValue))")
    }

    static func partition(of parent: String, _ month: LogMonth) -> String { "\(parent)_\(month.rawValue)" }
}

extension KeptMonths {
    static let query: PostgresQuery = """
        SELECT min(month) AS first, max(month) AS last FROM audit_months
        WHERE NOT EXISTS (SELECT FROM audit_archives WHERE audit_archives.month = audit_months.month)
        """

    init(_ row: PostgresRow) throws {
        self.init(first: try LogMonth(row, "first"), last: try LogMonth(row, "last"))
    }
}
