import FieldsealMessages

extension KeysService {
    func addCustodian(_ request: Proto.CustodianRequest, _ call: KeysCall) async throws -> Proto.ShowMasterResponse {
        try await authority.addCustodian(request.name, isDryRun: request.dryRun, context: call.context)
        return try await changed(request, call)
    }

    func removeCustodian(_ request: Proto.CustodianRequest, _ call: KeysCall) async throws -> Proto.ShowMasterResponse {
        try await authority.removeCustodian(request.name, isDryRun: request.dryRun, context: call.context)
        return try await changed(request, call)
    }

    /// What was changed stands in the outbox.
    private func changed(_ request: Proto.CustodianRequest, _ call: KeysCall) async throws -> Proto.ShowMasterResponse {
        if request.dryRun { call.succeeded(object: request.name) }
        return try await masterAsItIs()
    }
}
