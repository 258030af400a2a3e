import FieldsealMessages

extension KeysService {
    func ensureFieldKey(
        _ request: Proto.EnsureFieldKeyRequest, _ call: KeysCall
    ) async throws -> Proto.EnsureFieldKeyResponse {
        _ = try authority.unsealed()
        try call.assert(request.assertedActor)
        guard request.fields.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        let made = try await ensureAll(request.fields.filter { call.grant.allows(.deriveFieldKey, field: $0) }, call)
        var response = Proto.EnsureFieldKeyResponse()
        for name in request.fields {
            let result = try await item(name, call, right: .deriveFieldKey) { field in
                let record =
                    if let known = made[field] { known } else {
                        try await authority.ensureKeys(of: field, context: call.context)
                    }
                call.succeeded(field, version: record.version)
                return record.reference(named: "\(field)")
            }
            response.results.append(.init(result))
        }
        return response
    }

    /// The keys in one transaction. Nothing where that fails: each item, done alone, then has its own error.
    private func ensureAll(_ names: [String], _ call: KeysCall) async throws -> [FieldName: KeyRecord] {
        do {
            return try await authority.ensureKeys(of: names.compactMap(FieldName.init), context: call.context)
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .unavailable || failure.code == .cancelled { throw failure }
            return [:]
        }
    }
}
