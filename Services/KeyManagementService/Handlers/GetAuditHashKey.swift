import FieldsealMessages

extension KeysService {
    func getAuditHashKey(
        _ request: Proto.GetAuditHashKeyRequest, _ call: KeysCall
    ) async throws -> Proto.GetAuditHashKeyResponse {
        _ = try authority.unsealed()
        try witness.hear(request.epoch, call)
        let recipient = try GrantRecipient(request.recipient, call)
        let (version, sealedKey) = try await authority.grantAuditHashKey(to: recipient)
        call.succeeded(version: version)
        return Proto.GetAuditHashKeyResponse(
            version: version.rawValue, sealedKey: sealedKey, ttlSeconds: grantSeconds)
    }
}
