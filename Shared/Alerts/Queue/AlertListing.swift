public import FieldsealMessages
public import FieldsealPostgres

/// Which alerts somebody asks for.
public struct AlertListing: Sendable {
    /// In one answer.
    public static let maximum = 1_000

    private let sinceUnixUs: Int64
    private let limit: Int

    /// Nil where the time or the number is none: 0 to the last microsecond that is counted, and at most ``maximum``.
    public init?(_ request: Proto.ListAlertsRequest) {
        let (since, overflow) = request.sinceUnixMs.multipliedReportingOverflow(by: 1_000)
        guard !overflow, since >= 0, request.limit <= Self.maximum else { return nil }
        sinceUnixUs = since
        limit = request.limit == 0 ? 100 : Int(request.limit)
    }

    /// The newest first.
    /// - Parameter destinations: the names of those that count as pending.
    public func answer(
        from pool: PostgresPool, destinations: [String]
    ) async throws -> Proto.ListAlertsResponse {
        let alerts = try await pool.withConnection { connection in
            try await AlertQueue.list(
                sinceUnixUs: sinceUnixUs, limit: limit, destinations: destinations, in: connection)
        }
        return Proto.ListAlertsResponse(alerts: alerts.map(\.message))
    }
}

extension ListedAlert {
    fileprivate var message: Proto.RaisedAlert {
        Proto.RaisedAlert(
            id: notice.id.bytes, raisedUnixMs: notice.raisedUnixUs / 1_000, kind: notice.alert.kind.rawValue,
            severity: notice.alert.severity.rawValue, object: notice.alert.object, text: notice.line,
            pending: UInt32(clamping: pending))
    }
}
