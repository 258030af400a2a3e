import FieldsealAlerts
import FieldsealMessages

extension AuditRPC {
    func listAlerts(_ request: Proto.ListAlertsRequest) async throws -> Proto.ListAlertsResponse {
        guard let listing = AlertListing(request) else { throw AuditServiceError.malformed }
        return try await listing.answer(from: log.pool, destinations: alertDestinations)
    }
}
