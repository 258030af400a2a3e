import FieldsealMessages

extension KeysService {
    func rollbackRotation(
        _ request: Proto.RollbackRotationRequest, _ call: KeysCall
    ) async throws -> Proto.KeyChangeResponse {
        let changed = try await authority.rollBackRotation(
            of: request.key, dryRun: request.dryRun, context: call.context)
        return answer(changed, dryRun: request.dryRun, call)
    }

    /// What was changed stands in the outbox; a dry run is recorded by the call.
    func answer(_ changed: ChangedVersions, dryRun: Bool, _ call: KeysCall) -> Proto.KeyChangeResponse {
        if dryRun {
            call.succeeded(object: changed.keys.first?.name ?? "", version: changed.keys.first?.record.version)
        }
        return Proto.KeyChangeResponse(keys: changed.keys.map { $0.message }, revision: changed.revision)
    }
}
