import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// In one answer.
    private static let listedHolds: Int64 = 1_000

    /// Places a hold, and answers the bundles of those of its months that are archived already, the oldest first.
    /// - Throws: `holdExists`.
    func place(_ hold: LegalHold, by identity: String) async throws -> [String] {
        let (first, last) = (hold.months.lowerBound.rawValue, hold.months.upperBound.rawValue)
        return try await pool.withTransaction { connection in
            // No month of the hold is dropped meanwhile.
            try await connection.lockUntilCommit(Self.retentionLock)
            let placed = try await connection.query(
                """
                INSERT INTO audit_holds (name, first_month, last_month, reason, placed_by, placed_unix_us)
                VALUES (\(hold.name), \(first), \(last), \(hold.reason), \(identity), \(clock())) ON CONFLICT DO NOTHING
                """)
            guard placed.affected == 1 else { throw AuditServiceError.holdExists }
            return try await connection.query(
                """
                SELECT bundle FROM audit_archives WHERE month BETWEEN \(first) AND \(last) AND bundle <> ''
                GROUP BY bundle ORDER BY min(month)
                """
            ).map { try $0.value("bundle") }
        }
    }

    /// - Throws: `unknownHold` where there is none of this name, or it was released before.
    func release(_ release: HoldRelease, by identity: String) async throws {
        let released = try await pool.query(
            """
            INSERT INTO audit_hold_releases (name, reason, released_by, released_unix_us)
            SELECT name, \(release.reason), \(identity), \(clock()) FROM audit_holds WHERE name = \(release.name)
            ON CONFLICT DO NOTHING
            """)
        guard released.affected == 1 else { throw AuditServiceError.unknownHold }
    }

    /// The months of the holds that were not released.
    func standingHolds() async throws -> [ClosedRange<LogMonth>] {
        try await pool.withConnection { try await Self.standingHolds($0) }
    }

    static func standingHolds(_ connection: PostgresConnection) async throws -> [ClosedRange<LogMonth>] {
        try await connection.query(
            """
            SELECT first_month, last_month FROM audit_holds
            WHERE NOT EXISTS (SELECT FROM audit_hold_releases AS released WHERE released.name = audit_holds.name)
            """
        ).map { row in
            let (first, last) = (try LogMonth(row, "first_month"), try LogMonth(row, "last_month"))
            guard first <= last else { throw AuditServiceError.corrupt }
            return first...last
        }
    }

    /// The newest first.
    func holds() async throws -> [Proto.LegalHold] {
        try await pool.query(
            """
            SELECT name, first_month, last_month, audit_holds.reason, placed_by, placed_unix_us,
                coalesce(released_by, '') AS released_by, coalesce(released_unix_us, 0) AS released_unix_us,
                coalesce(released.reason, '') AS release_reason
            FROM audit_holds LEFT JOIN audit_hold_releases AS released USING (name)
            ORDER BY placed_unix_us DESC, name LIMIT \(Self.listedHolds)
            """
        ).map { row in
            Proto.LegalHold(
                name: try row.value("name"), firstMonth: "\(try LogMonth(row, "first_month"))",
                lastMonth: "\(try LogMonth(row, "last_month"))", reason: try row.value("reason"),
                placedBy: try row.value("placed_by"), placedUnixUs: try row.value("placed_unix_us"),
                releasedBy: try row.value("released_by"), releasedUnixUs: try row.value("released_unix_us"),
                releaseReason: try row.value("release_reason"))
        }
    }
}
