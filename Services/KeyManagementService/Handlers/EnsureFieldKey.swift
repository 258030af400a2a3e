import FieldsealMessages

extension KeysService {
    func ensureFieldKey(
        _ request: Proto.EnsureFieldKeyRequest, _ call: KeysCall
    ) async throws -> Proto.EnsureFieldKeyResponse {
        _ = try authority.unsealed()
        try call.assert(request.assertedActor)
        guard request.fields.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        var response = Proto.EnsureFieldKeyResponse()
        for name in request.fields {
            let result = try await item(name, call, right: .deriveFieldKey) { field in
                let record = try await authority.ensureKeys(of: field, context: call.context)
                call.succeeded(field, version: record.version)
                return record.reference(named: "\(field)")
            }
            response.results.append(.init(result))
        }
        return response
    }
}
