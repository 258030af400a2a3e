import FieldsealAlerts
import FieldsealMessages

extension KeysService {
    static let alertLimit = 1_000

    /// The newest first.
    func listAlerts(_ request: Proto.ListAlertsRequest, _ call: KeysCall) async throws -> Proto.ListAlertsResponse {
        _ = try authority.unsealed()
        let (since, overflow) = request.sinceUnixMs.multipliedReportingOverflow(by: 1_000)
        guard !overflow, since >= 0 else { throw KeyServiceError.malformed }
        let limit = request.limit == 0 ? 100 : Int(request.limit)
        guard limit <= Self.alertLimit else { throw KeyServiceError.tooMany }
        let alerts = try await authority.pool.withConnection { connection in
            try await AlertQueue.list(
                sinceUnixUs: since, limit: limit, destinations: alertDestinations, in: connection)
        }
        call.succeeded(count: alerts.count)
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
