import FieldsealMessages

extension KeysService {
    func restoreKey(_ request: Proto.KeyVersionRequest, _ call: KeysCall) async throws -> Proto.KeyChangeResponse {
        let changed = try await authority.restore(
            try request.wanted, of: request.key, dryRun: request.dryRun, context: call.context)
        return answer(changed, dryRun: request.dryRun, call)
    }
}
