import FieldsealAlerts
import FieldsealMessages

extension KeysService {
    func listAlerts(_ request: Proto.ListAlertsRequest, _ call: KeysCall) async throws -> Proto.ListAlertsResponse {
        _ = try authority.unsealed()
        guard let listing = AlertListing(request) else { throw KeyServiceError.malformed }
        let answer = try await listing.answer(from: authority.pool, destinations: alertDestinations)
        call.succeeded(count: answer.alerts.count)
        return answer
    }
}
