import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// Selectors of one call.
    static let maximumSelectors = 500

    func getFieldKey(_ request: Proto.GetFieldKeyRequest, _ call: KeysCall) async throws -> Proto.GetFieldKeyResponse {
        _ = try authority.unsealed()
        let recipient = try GrantRecipient(request.recipient, call)
        guard request.selectors.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        var response = Proto.GetFieldKeyResponse()
        for selector in request.selectors {
            let result = try await item(selector.field, call, right: .getFieldKey) { field in
                let grant = try await authority.grant(
                    field, version: KeyVersion(rawValue: selector.version), for: selector.forRewrap ? .rewrap : .use,
                    to: recipient, context: call.context)
                call.succeeded(
                    field, version: grant.record.version,
                    cause: grant.record.state == .compromised ? "compromised" : .none)
                return grant.message(ttlSeconds: grantSeconds)
            }
            switch result {
            case .success(let grant): response.results.append(.init(outcome: .grant(grant)))
            case .failure(let error): response.results.append(.init(outcome: .error(error.item)))
            }
        }
        return response
    }
}

extension GrantRecipient {
    /// The process that holds the key and the caller's certificate.
    init(_ publicKey: [UInt8], _ call: KeysCall) throws(KeyServiceError) {
        guard publicKey.count == KeyAgreement.publicKeyCount else { throw .badRecipient }
        self.init(publicKey: publicKey, identity: call.context.actor.identity)
    }
}
