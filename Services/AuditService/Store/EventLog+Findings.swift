import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// In one answer.
    private static let listedFindings: Int64 = 1_000

    /// Those that nobody has reviewed first, the newest before the older ones; and how many nobody has reviewed.
    func findings() async throws -> (listed: [Proto.AuditFinding], open: UInt64) {
        let rows = try await pool.query(
            """
            SELECT kind, producer, epoch, sequence, found_unix_us, coalesce(reviewer, '') AS reviewer,
                coalesce(reviewed_unix_us, 0) AS reviewed_unix_us, coalesce(note, '') AS note,
                count(*) FILTER (WHERE reviewer IS NULL) OVER () AS open
            FROM audit_findings LEFT JOIN audit_finding_reviews USING (producer, epoch, sequence, kind)
            ORDER BY reviewer IS NOT NULL, found_unix_us DESC, producer, epoch, sequence, kind
            LIMIT \(Self.listedFindings)
            """)
        return (
            try rows.map(Proto.AuditFinding.init),
            UInt64(clamping: try rows.first?.value("open", as: Int64.self) ?? 0)
        )
    }

    /// Signs a finding off. The first review stays.
    /// - Throws: `unknownFinding`.
    func review(_ review: FindingReview, by reviewer: String) async throws {
        let found = try await pool.query(
            """
            WITH finding AS (
                SELECT producer, epoch, sequence, kind FROM audit_findings
                WHERE producer = \(review.producer) AND epoch = \(review.epoch) AND sequence = \(review.sequence)
                    AND kind = \(review.kind.rawValue)
            ), added AS (
                INSERT INTO audit_finding_reviews (producer, epoch, sequence, kind, reviewer, note, reviewed_unix_us)
                SELECT producer, epoch, sequence, kind, \(reviewer), \(review.note), \(clock()) FROM finding
                ON CONFLICT DO NOTHING
            )
            SELECT FROM finding
            """)
        guard !found.isEmpty else { throw AuditServiceError.unknownFinding }
    }

    /// Stores findings for epochs that should have been closed or continued, and answers the new ones.
    /// - Parameter silence: microseconds without a block after which a producer with an open epoch is stale.
    func findIncomplete(silence: Int64) async throws -> [Proto.AuditFinding] {
        let now = clock()
        return try await pool.query(
            """
            WITH openings AS (
                SELECT producer, epoch, position FROM audit_blocks WHERE sequence = 1
                UNION ALL SELECT producer, epoch, opening_position FROM audit_archived_epochs AS archived
                WHERE opening IS NOT NULL AND NOT EXISTS (
                    SELECT FROM audit_archived_epochs AS closed
                    WHERE closed.producer = archived.producer AND closed.epoch = archived.epoch AND closed.is_closed)
            ), ends AS (
                SELECT opening.producer, opening.epoch, last.sequence, last.hash, last.stored_unix_us,
                    EXISTS (
                        SELECT FROM audit_blocks AS newer
                        WHERE newer.sequence = 1 AND newer.producer = opening.producer
                            AND newer.position > opening.position
                    ) AS is_superseded
                FROM openings AS opening CROSS JOIN LATERAL (
                    (SELECT sequence, hash, stored_unix_us, position, month FROM audit_blocks AS block
                        WHERE block.producer = opening.producer AND block.epoch = opening.epoch
                        ORDER BY block.sequence DESC LIMIT 1)
                    UNION ALL (SELECT sequence, hash, stored_unix_us, 0, 0 FROM audit_archived_epochs AS archived
                        WHERE archived.producer = opening.producer AND archived.epoch = opening.epoch
                        ORDER BY archived.sequence DESC LIMIT 1)
                    ORDER BY sequence DESC LIMIT 1
                ) AS last
                WHERE NOT EXISTS (
                    SELECT FROM audit_events
                    WHERE audit_events.position = last.position AND audit_events.month = last.month
                        AND operation = \(Proto.Operation.epochClose.rawValue))
            ), found AS (
                SELECT *, CASE WHEN is_superseded THEN \(Finding.Kind.openEpoch.rawValue)
                    ELSE \(Finding.Kind.staleProducer.rawValue) END AS kind
                FROM ends WHERE is_superseded OR stored_unix_us < \(now - silence)
            )
            INSERT INTO audit_findings (kind, producer, epoch, sequence, hash, found_unix_us)
            SELECT kind, producer, epoch, sequence, hash, \(now) FROM found
            WHERE \(Self.maximumFindings) > (
                SELECT count(*) FROM audit_findings AS known
                WHERE known.producer = found.producer AND known.kind = found.kind)
            ON CONFLICT DO NOTHING
            RETURNING kind, producer, epoch, sequence, found_unix_us, '' AS reviewer, 0::bigint AS reviewed_unix_us,
                '' AS note
            """
        ).map(Proto.AuditFinding.init)
    }
}

extension Proto.AuditFinding {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            kind: try row.value("kind"), producer: try row.value("producer"), epoch: try row.value("epoch"),
            sequence: UInt64(bitPattern: try row.value("sequence", as: Int64.self)),
            foundUnixUs: try row.value("found_unix_us"), reviewer: try row.value("reviewer"),
            reviewedUnixUs: try row.value("reviewed_unix_us"), note: try row.value("note"))
    }
}
