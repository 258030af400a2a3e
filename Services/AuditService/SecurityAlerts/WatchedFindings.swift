import FieldsealAlerts
import FieldsealPostgres

/// Findings on the log's completeness, each of which is told once.
enum WatchedFindings {
    /// Alerts of those that were not told yet and that nobody has reviewed.
    static func take(_ connection: PostgresConnection) async throws -> [Alert] {
        try await connection.query(
            """
            WITH untold AS (
                SELECT producer, epoch, sequence, kind FROM audit_findings
                WHERE NOT EXISTS (SELECT FROM audit_watch_findings AS told
                        WHERE (told.producer, told.epoch, told.sequence, told.kind)
                            = (audit_findings.producer, audit_findings.epoch, audit_findings.sequence, audit_findings.kind))
                    AND NOT EXISTS (SELECT FROM audit_finding_reviews AS review
                        WHERE (review.producer, review.epoch, review.sequence, review.kind)
                            = (audit_findings.producer, audit_findings.epoch, audit_findings.sequence, audit_findings.kind))
                ORDER BY found_unix_us LIMIT 1000
            ), told AS (
                INSERT INTO audit_watch_findings (producer, epoch, sequence, kind)
                SELECT producer, epoch, sequence, kind FROM untold ON CONFLICT DO NOTHING
            )
            SELECT producer, sequence, kind FROM untold
            """
        ).map {
            Alert(finding: try $0.value("kind"), producer: try $0.value("producer"), sequence: try $0.value("sequence"))
        }
    }
}
