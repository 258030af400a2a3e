import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// In one answer.
    static let listedEpochs = 1_000

    /// What is stored of epochs, by the blocks that came in a span of time.
    func epochs(from: Int64, until: Int64) async throws -> Proto.ListEpochsResponse {
        let rows = try await pool.query(
            """
            WITH block AS (
                SELECT position, producer, epoch, sequence, last_event, dropped, stored_unix_us, rows, outbox_rows
                FROM audit_blocks CROSS JOIN LATERAL (
                    SELECT count(*) AS rows, count(outbox_id) AS outbox_rows FROM audit_events
                    WHERE audit_events.position = audit_blocks.position AND audit_events.month = audit_blocks.month
                ) AS stored
                WHERE stored_unix_us >= \(from) AND stored_unix_us < \(until)
            ), epoch AS (
                SELECT producer, epoch, min(position) AS began, max(position) AS last_position,
                    min(sequence) AS first_sequence, max(sequence) AS last_sequence, count(*) AS blocks,
                    max(last_event) AS last_event, sum(rows)::bigint AS events, sum(outbox_rows)::bigint AS outbox_events,
                    least(sum(dropped), \(Int64.max))::bigint AS dropped, min(stored_unix_us) AS first_stored_unix_us,
                    max(stored_unix_us) AS last_stored_unix_us
                FROM block GROUP BY producer, epoch
                ORDER BY producer, min(position) LIMIT \(Int64(Self.listedEpochs + 1))
            )
            SELECT epoch.*, epoch.last_event - coalesce((
                    SELECT before.last_event FROM (
                        SELECT producer, epoch, sequence, last_event FROM audit_blocks
                        UNION ALL SELECT producer, epoch, sequence, last_event FROM audit_archived_epochs
                    ) AS before
                    WHERE before.producer = epoch.producer AND before.epoch = epoch.epoch
                        AND before.sequence = epoch.first_sequence - 1), 0) AS stated_events,
                EXISTS (
                    SELECT FROM audit_events WHERE audit_events.position = epoch.last_position
                        AND operation = \(Proto.Operation.epochClose.rawValue)) AS closed
            FROM epoch ORDER BY producer, began
            """)
        return Proto.ListEpochsResponse(
            epochs: try rows.prefix(Self.listedEpochs).map(Proto.EpochSummary.init),
            truncated: rows.count > Self.listedEpochs)
    }
}

extension Proto.EpochSummary {
    fileprivate init(_ row: PostgresRow) throws {
        func count(_ column: String) throws -> UInt64 { UInt64(clamping: try row.value(column, as: Int64.self)) }
        self.init(
            producer: try row.value("producer"), epoch: try row.value("epoch"),
            firstSequence: try count("first_sequence"), lastSequence: try count("last_sequence"),
            blocks: try count("blocks"), statedEvents: try count("stated_events"), events: try count("events"),
            outboxEvents: try count("outbox_events"), dropped: try count("dropped"), closed: try row.value("closed"),
            firstStoredUnixUs: try row.value("first_stored_unix_us"),
            lastStoredUnixUs: try row.value("last_stored_unix_us"))
    }
}
