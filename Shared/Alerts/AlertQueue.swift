public import FieldsealPostgres

/// Alerts that wait for their destinations, kept in the transaction that they tell of: either both happen or none.
public enum AlertQueue {
    /// The queue's tables, as a component of their own in the caller's database.
    public static let migrations = Migrations(
        component: "alerts",
        [
            Migration(
                1, "alerts that were raised",
                """
                CREATE TABLE alerts (
                    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
                    raised_at timestamptz NOT NULL,
                    kind text NOT NULL,
                    severity text NOT NULL,
                    object text NOT NULL,
                    text text NOT NULL
                )
                """)
        ])

    static let channel = "fieldseal_alerts"

    /// Raises alerts inside the caller's transaction.
    public static func raise(
        _ alerts: [Alert], unixMicroseconds: Int64, in transaction: PostgresConnection
    ) async throws {
        guard !alerts.isEmpty else { return }
        for alert in alerts {
            try await transaction.query(
                """
                INSERT INTO alerts (raised_at, kind, severity, object, text)
                VALUES (
                    \(PostgresTimestamp(unixMicroseconds: unixMicroseconds)), \(alert.kind.rawValue),
                    \(alert.severity.rawValue), \(alert.object), \(alert.text))
                """)
        }
        try await transaction.notify(channel)
    }
}
