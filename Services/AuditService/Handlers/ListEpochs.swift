import FieldsealMessages

extension AuditRPC {
    func listEpochs(_ request: Proto.ListEpochsRequest) async throws -> Proto.ListEpochsResponse {
        guard request.fromUnixUs >= 0, request.untilUnixUs >= 0 else { throw AuditServiceError.filter }
        return try await log.epochs(
            from: request.fromUnixUs, until: request.untilUnixUs == 0 ? .max : request.untilUnixUs)
    }
}
