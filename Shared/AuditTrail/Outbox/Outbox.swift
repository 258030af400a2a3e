internal import FieldsealMessages
public import FieldsealPostgres

/// Events of the control plane, kept in the transaction that they describe: either both happen or none.
///
/// They are rows of the table `audit_outbox` until an ``OutboxRelay`` has brought them into the spool.
public enum Outbox {
    /// The table, as a component of its own in the caller's database.
    public static let migrations = Migrations(
        component: "audit-outbox",
        [
            Migration(
                1, "events that wait for the spool",
                """
                CREATE TABLE audit_outbox (
                    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    outbox_id bytea NOT NULL UNIQUE CHECK (octet_length(outbox_id) = 16),
                    event bytea NOT NULL
                )
                """)
        ])

    static let orderLock = "fieldseal audit outbox order"
    static let channel = "fieldseal_audit_outbox"

    /// Inserts events inside the caller's transaction, which they then end with: keep it the transaction's last statement.
    ///
    /// From here to the end of the transaction others wait with their events, so that positions rise in the order of the
    /// commits. An event without a time gets `unixMicroseconds`; one without an outbox id gets a random one.
    public static func insert(
        _ events: [AuditEvent], unixMicroseconds: Int64, in transaction: PostgresConnection
    ) async throws {
        _ = try await transaction.pipeline(insertion(of: events, unixMicroseconds: unixMicroseconds))
    }

    /// The statements of ``insert(_:unixMicroseconds:in:)``, for who sends them together with others.
    public static func insertion(of events: [AuditEvent], unixMicroseconds: Int64) -> [PostgresQuery] {
        guard !events.isEmpty else { return [] }
        var ids: [[UInt8]] = []
        var rows: [[UInt8]] = []
        for var event in events {
            if event.outboxID.isZero { event.outboxID = .random() }
            event.unixMicroseconds = event.unixMicroseconds ?? unixMicroseconds
            ids.append(event.outboxID.bytes)
            rows.append(Proto.Event(event).encoded())
        }
        return [
            .lockUntilCommit(orderLock),
            """
            INSERT INTO audit_outbox (outbox_id, event)
            SELECT id, event FROM unnest(\(ids), \(rows)) WITH ORDINALITY AS new (id, event, position) ORDER BY position
            """,
            .notify(channel),
        ]
    }
}
