public import FieldsealPostgres

extension Alert {
    /// Nil for a kind that this version does not know.
    init?(_ row: PostgresRow, severity: String = "severity", text: String = "text") throws {
        guard let kind = Kind(rawValue: try row.value("kind")),
            let severity = Severity(rawValue: try row.value(severity))
        else { return nil }
        self.init(kind, severity, object: try row.value("object"), text: try row.value(text))
    }
}

extension AlertNotice {
    static let columns: PostgresQuery = "position, id, raised_at, kind, severity, object, text, occurrences"

    init?(_ row: PostgresRow) throws {
        guard let alert = try Alert(row) else { return nil }
        self.init(
            id: AlertIdentifier(try row.value("id")), position: try row.value("position"),
            raisedUnixUs: try row.value("raised_at", as: PostgresTimestamp.self).unixMicroseconds, alert: alert,
            occurrences: try row.value("occurrences"))
    }
}

/// An alert and how many destinations have still to take it.
public struct ListedAlert: Hashable, Sendable {
    public var notice: AlertNotice
    public var pending: Int
}

extension AlertQueue {
    /// What was raised since a time, the newest first.
    ///
    /// - Parameter destinations: the names of those that count as pending.
    public static func list(
        sinceUnixUs: Int64, limit: Int, destinations: [String], in connection: PostgresConnection
    ) async throws -> [ListedAlert] {
        let rows = try await connection.query(
            """
            SELECT \(AlertNotice.columns), (
                SELECT count(*) FROM alert_destinations AS destination
                WHERE destination.name = ANY(\(destinations)) AND destination.position < alerts.position) AS pending
            FROM alerts WHERE raised_at >= \(PostgresTimestamp(unixMicroseconds: sinceUnixUs))
            ORDER BY position DESC LIMIT \(limit)
            """)
        return try rows.compactMap { row in
            guard let notice = try AlertNotice(row) else { return nil }
            return ListedAlert(notice: notice, pending: try row.value("pending"))
        }
    }
}
