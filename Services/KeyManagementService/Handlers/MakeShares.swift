import FieldsealMessages

extension KeysService {
    /// The shares are sealed to the caller; what was made stands in the outbox.
    func makeShares(_ request: Proto.MakeSharesRequest, _ call: KeysCall) async throws -> Proto.MakeSharesResponse {
        let recipient = try GrantRecipient(request.recipient, call)
        let (set, sealed) = try await authority.makeShares(
            request.name, threshold: request.threshold, count: request.shares, to: recipient, context: call.context)
        return Proto.MakeSharesResponse(sealedShares: sealed, setID: set.id.bytes)
    }
}
