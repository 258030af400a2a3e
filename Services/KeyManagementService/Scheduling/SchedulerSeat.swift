import FieldsealPostgres

/// Which replica runs the schedule. The lock decides; the row beside it only tells people.
enum SchedulerSeat {
    static let lock = "fieldseal key schedule"
    /// Who has not ticked for so long, holds it no more.
    static let life: Int64 = 5 * 60_000_000

    static func take(_ replica: String, nowUnixUs: Int64, _ pool: PostgresPool) async throws {
        try await pool.query(
            """
            INSERT INTO key_scheduler (replica, ticked_at)
            VALUES (\(replica), \(PostgresTimestamp(unixMicroseconds: nowUnixUs)))
            ON CONFLICT (singleton) DO UPDATE SET replica = excluded.replica, ticked_at = excluded.ticked_at
            """)
    }

    /// Empty: nobody.
    static func holder(_ connection: PostgresConnection, nowUnixUs: Int64) async throws -> String {
        guard let row = try await connection.query("SELECT replica, ticked_at FROM key_scheduler").first,
            try nowUnixUs - row.microseconds("ticked_at") <= life
        else { return "" }
        return try row.value("replica")
    }
}
