public import FieldsealPostgres

/// Alerts that wait for their destinations, kept in the transaction that they tell of: either both happen or none.
///
/// Somebody who can write to the database can remove alerts; what they tell of stands in the audit trail as well.
public enum AlertQueue {
    /// The queue's tables, as a component of their own in the caller's database.
    public static let migrations = Migrations(
        component: "alerts", [Migration(1, "alerts that were raised, and where they went", createQueue)])

    /// For a role that does not own them: it needs to read, insert, update and delete.
    public static let tables = ["alerts", "alert_windows", "alert_destinations"]

    /// Within this time equal alerts fold into one: 15 minutes.
    public static let standardFold = Int64(15 * 60) * 1_000_000

    static let channel = "fieldseal_alerts"
    static let orderLock = "fieldseal alerts order"

    private static let createQueue = """
        CREATE TABLE alerts (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
            raised_at timestamptz NOT NULL,
            kind text NOT NULL,
            severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
            object text NOT NULL,
            text text NOT NULL,
            occurrences bigint NOT NULL DEFAULT 1 CHECK (occurrences > 0)
        );
        CREATE INDEX alerts_raised_at ON alerts (raised_at);
        CREATE TABLE alert_windows (
            kind text NOT NULL,
            object text NOT NULL,
            ends_at timestamptz NOT NULL,
            severity text NOT NULL,
            held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
            held_severity text NOT NULL,
            held_text text NOT NULL,
            PRIMARY KEY (kind, object)
        );
        CREATE TABLE alert_destinations (
            name text PRIMARY KEY,
            position bigint NOT NULL,
            failures integer NOT NULL DEFAULT 0,
            next_attempt_at timestamptz,
            last_error text,
            claim uuid,
            claimed_until timestamptz,
            tokens bigint NOT NULL,
            tokens_at timestamptz NOT NULL,
            suppressed bigint NOT NULL DEFAULT 0,
            delivered bigint NOT NULL DEFAULT 0,
            dropped bigint NOT NULL DEFAULT 0,
            given_up bigint NOT NULL DEFAULT 0,
            delivered_at timestamptz
        )
        """

    /// Raises alerts inside the caller's transaction, which should end soon: others wait with their alerts until then, so
    /// that positions rise in the order of the commits.
    ///
    /// - Parameter fold: microseconds within which equal alerts fold into one.
    public static func raise(
        _ alerts: [Alert], unixMicroseconds: Int64, fold: Int64 = standardFold, in transaction: PostgresConnection
    ) async throws {
        guard !alerts.isEmpty else { return }
        try await transaction.lockUntilCommit(orderLock)
        var isSent = false
        for alert in alerts.map(\.cleaned) {
            switch AlertWindow.decide(
                try await window(of: alert, transaction), severity: alert.severity, nowUnixUs: unixMicroseconds)
            {
            case .hold:
                try await hold(alert, transaction)
            case .send(let occurrences):
                try await insert(alert, occurrences: occurrences, at: unixMicroseconds, transaction)
                try await open(alert, until: unixMicroseconds + fold, transaction)
                isSent = true
            }
        }
        if isSent { try await transaction.notify(channel) }
    }

    /// Sends on what was held in windows that have ended. Answers how many alerts that made.
    static func release(
        unixMicroseconds now: Int64, fold: Int64, in transaction: PostgresConnection
    ) async throws -> Int {
        try await transaction.lockUntilCommit(orderLock)
        let time = PostgresTimestamp(unixMicroseconds: now)
        try await transaction.query("DELETE FROM alert_windows WHERE ends_at <= \(time) AND held = 0")
        let ended = try await transaction.query(
            """
            SELECT kind, object, held, held_severity, held_text FROM alert_windows
            WHERE ends_at <= \(time) ORDER BY ends_at LIMIT 1000
            """)
        for row in ended {
            guard let alert = try Alert(row, severity: "held_severity", text: "held_text") else { continue }
            try await insert(alert, occurrences: try row.value("held"), at: now, transaction)
            try await open(alert, until: now + fold, transaction)
        }
        return ended.count
    }

    private static func window(of alert: Alert, _ transaction: PostgresConnection) async throws -> AlertWindow? {
        let rows = try await transaction.query(
            """
            SELECT ends_at, severity, held FROM alert_windows
            WHERE kind = \(alert.kind.rawValue) AND object = \(alert.object)
            """)
        guard let row = rows.first else { return nil }
        return AlertWindow(
            endsUnixUs: try row.value("ends_at", as: PostgresTimestamp.self).unixMicroseconds,
            severity: Alert.Severity(rawValue: try row.value("severity")) ?? .info, held: try row.value("held"))
    }

    private static func hold(_ alert: Alert, _ transaction: PostgresConnection) async throws {
        try await transaction.query(
            """
            UPDATE alert_windows
            SET held = held + 1, held_severity = \(alert.severity.rawValue), held_text = \(alert.text)
            WHERE kind = \(alert.kind.rawValue) AND object = \(alert.object)
            """)
    }

    private static func insert(
        _ alert: Alert, occurrences: Int64, at time: Int64, _ transaction: PostgresConnection
    ) async throws {
        try await transaction.query(
            """
            INSERT INTO alerts (raised_at, kind, severity, object, text, occurrences)
            VALUES (
                \(PostgresTimestamp(unixMicroseconds: time)), \(alert.kind.rawValue), \(alert.severity.rawValue),
                \(alert.object), \(alert.text), \(occurrences))
            """)
    }

    private static func open(_ alert: Alert, until end: Int64, _ transaction: PostgresConnection) async throws {
        try await transaction.query(
            """
            INSERT INTO alert_windows (kind, object, ends_at, severity, held_severity, held_text)
            VALUES (
                \(alert.kind.rawValue), \(alert.object), \(PostgresTimestamp(unixMicroseconds: end)),
                \(alert.severity.rawValue), \(alert.severity.rawValue), '')
            ON CONFLICT (kind, object) DO UPDATE SET ends_at = excluded.ends_at, severity = excluded.severity, held = 0,
                held_severity = excluded.held_severity, held_text = ''
            """)
    }
}
