import FieldsealMessages

extension KeysService {
    /// The store's outbox tells what each drill found.
    func runDrill(_ request: Proto.RunDrillRequest, _ call: KeysCall) async throws -> Proto.RunDrillResponse {
        try await authority.drill(request.name.isEmpty ? nil : [request.name], context: call.context)
        let custodians = try await authority.showMaster().custodians
        return Proto.RunDrillResponse(
            custodians: custodians.filter { request.name.isEmpty || $0.name == request.name }.map(\.message))
    }
}
