import FieldsealMessages

extension KeysService {
    func cancelDestruction(
        _ request: Proto.KeyVersionRequest, _ call: KeysCall
    ) async throws -> Proto.DestructionResponse {
        let destruction = try await authority.cancelDestruction(
            of: try request.wanted, of: request.key, dryRun: request.dryRun, context: call.context)
        return answer(destruction, dryRun: request.dryRun, call)
    }
}
