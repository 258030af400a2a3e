import FieldsealMessages
import FieldsealPostgres
import FieldsealTransparencyLog

/// A bundle that holds what is about to be dropped.
struct WrittenArchive: Sendable {
    let plan: ArchivePlan
    /// The tree behind its last leaf.
    let tree: MerkleFrontier
    /// Name of the file; empty: there were no leaves.
    let bundle: String
    /// SHA-256 of the file.
    let digest: [UInt8]
}

extension EventLog {
    static let retentionLock = "fieldseal audit retention"

    /// The tree whose leaves are archived.
    func archivedTree() async throws -> MerkleFrontier {
        let rows = try await pool.query(
            "SELECT last_position, peaks FROM audit_archives ORDER BY last_position DESC LIMIT 1")
        guard let row = rows.first else { return MerkleFrontier() }
        let size = UInt64(clamping: try row.value("last_position", as: Int64.self))
        guard let tree = MerkleFrontier(size: size, peaks: try row.hashes("peaks")) else {
            throw AuditServiceError.corrupt
        }
        return tree
    }

    /// The index of the last event that is archived; 0: none.
    func archivedEvents() async throws -> Int64 {
        try await pool.query("SELECT coalesce(max(last_event), 0) AS last FROM audit_archives").single().value("last")
    }

    /// What is to be archived next; nil: nothing yet.
    /// - Parameters:
    ///   - limit: the first month that stays.
    ///   - published: size of the newest published tree.
    func archivePlan(before limit: LogMonth, published: UInt64) async throws -> ArchivePlan? {
        let spans = try await pool.query(
            """
            SELECT month, first, last FROM audit_months CROSS JOIN LATERAL (
                SELECT min(position) AS first, max(position) AS last FROM audit_blocks
                WHERE audit_blocks.month = audit_months.month
            ) AS span
            WHERE NOT EXISTS (SELECT FROM audit_archives WHERE audit_archives.month = audit_months.month)
            ORDER BY month
            """
        ).map { row in
            let first: Int64? = try row.optional("first")
            return MonthSpan(
                month: try LogMonth(row, "month"), positions: try first.map { $0...(try row.value("last")) })
        }
        return ArchivePlan(
            kept: spans, before: limit, holds: try await standingHolds(), boundary: try await boundary(published))
    }

    /// The position up to which blocks may go. Leaf hashes of complete tiles stay, and the newest block does.
    private func boundary(_ published: UInt64) async throws -> Int64 {
        let complete = published == 0 ? 0 : (published - 1) / Tile.width * Tile.width
        let unseen = try await pool.query(
            """
            SELECT position FROM audit_events WHERE index = (SELECT last_event + 1 FROM audit_watch)
            """)
        return min(
            Int64(clamping: complete), try unseen.first.map { try $0.value("position", as: Int64.self) - 1 } ?? .max)
    }

    /// Drops what a bundle holds, with a note of where it went and of what must be known of its epochs.
    ///
    /// - Parameter owner: of the log's tables.
    /// - Returns: whether it was done: a hold, or a block, came before it otherwise.
    func drop(_ archive: WrittenArchive, by owner: PostgresPool) async throws -> Bool {
        let months = archive.plan.months.map(\.rawValue)
        let last = Int64(clamping: archive.tree.size)
        return try await owner.withTransaction { connection in
            try await connection.query("SET LOCAL lock_timeout = '5s'")
            try await connection.lockUntilCommit(Self.retentionLock)
            try await connection.lockUntilCommit(Self.lock)
            let now = try await connection.query(
                """
                SELECT (SELECT coalesce(max(position), 0) FROM audit_blocks WHERE month = ANY(\(months))) AS position,
                    EXISTS (SELECT FROM audit_archives WHERE month = ANY(\(months))) AS is_archived
                """
            ).single()
            let holds = try await Self.standingHolds(connection)
            guard try now.value("position") == archive.plan.positions?.upperBound ?? 0,
                try !now.value("is_archived", as: Bool.self),
                !holds.contains(where: { hold in archive.plan.months.contains { hold.contains($0) } })
            else { return false }
            try await connection.query(Self.epochs(of: months))
            try await connection.query(
                """
                INSERT INTO audit_archives (month, first_position, last_position, last_event, peaks, bundle, digest,
                    archived_unix_us)
                SELECT month, \(archive.plan.positions?.lowerBound ?? last + 1), \(last), (
                        SELECT greatest((SELECT max(index) FROM audit_events WHERE month = ANY(\(months))),
                            (SELECT max(last_event) FROM audit_archives), 0)),
                    \(archive.tree.peaks.flatMap(\.bytes)), \(archive.bundle), \(archive.digest), \(clock())
                FROM unnest(\(months)) AS month
                """)
            for month in archive.plan.months {
                for parent in ["audit_events", "audit_blocks"] {
                    try await connection.query("DROP TABLE \(identifier: Self.partition(of: parent, month))")
                }
            }
            return true
        }
    }

    /// Stores how far each epoch of these months has come, and what its first block says.
    private static func epochs(of months: [Int32]) -> PostgresQuery {
        """
        WITH ends AS MATERIALIZED (
            SELECT DISTINCT ON (producer, epoch) producer, epoch, sequence, hash, last_event, stored_unix_us, position
            FROM audit_blocks WHERE month = ANY(\(months)) ORDER BY producer, epoch, sequence DESC
        ), revisions AS MATERIALIZED (
            SELECT producer, epoch, max(store_revision) AS revision
            FROM audit_events JOIN audit_blocks USING (position, month)
            WHERE month = ANY(\(months)) AND store_revision <> 0 GROUP BY producer, epoch
        )
        INSERT INTO audit_archived_epochs (producer, epoch, sequence, hash, last_event, stored_unix_us, is_closed,
            store_revision, opening_position, opening)
        SELECT producer, epoch, ends.sequence, ends.hash, ends.last_event, ends.stored_unix_us, EXISTS (
                SELECT FROM audit_events AS closing
                WHERE closing.position = ends.position AND closing.month = ANY(\(months))
                    AND closing.operation = \(Proto.Operation.epochClose.rawValue)),
            coalesce(revision, 0), opening.position, opening.block
        FROM ends LEFT JOIN revisions USING (producer, epoch) LEFT JOIN (
            SELECT producer, epoch, position, block FROM audit_blocks WHERE sequence = 1 AND month = ANY(\(months))
        ) AS opening USING (producer, epoch)
        """
    }

    /// The oldest first.
    func archives() async throws -> [Proto.LogArchive] {
        try await pool.query("SELECT * FROM audit_archives ORDER BY month").map { row in
            Proto.LogArchive(
                month: "\(try LogMonth(row, "month"))",
                first: UInt64(clamping: try row.value("first_position", as: Int64.self) - 1),
                end: UInt64(clamping: try row.value("last_position", as: Int64.self)),
                lastEvent: UInt64(clamping: try row.value("last_event", as: Int64.self)),
                bundle: try row.value("bundle"), digest: try row.value("digest"),
                archivedUnixUs: try row.value("archived_unix_us"))
        }
    }
}

extension LogMonth {
    init(_ row: PostgresRow, _ column: String) throws {
        guard let month = LogMonth(rawValue: try row.value(column)) else { throw AuditServiceError.corrupt }
        self = month
    }
}
