import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// Selectors of one call.
    static let maximumSelectors = 500

    func getFieldKey(_ request: Proto.GetFieldKeyRequest, _ call: KeysCall) async throws -> Proto.GetFieldKeyResponse {
        _ = try authority.unsealed()
        try witness.hear(request.epoch, call)
        let recipient = try GrantRecipient(request.recipient, call)
        guard request.selectors.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        var results: [Result<FieldGrant, KeyServiceError>] = []
        for selector in request.selectors { results.append(try await grant(selector, to: recipient, call)) }
        try await lease(for: request.selectors, &results, to: recipient, call)
        return Proto.GetFieldKeyResponse(
            results: results.map { result in
                switch result {
                case .success(let grant):
                    call.succeeded(
                        grant.entry.name, version: grant.record.version,
                        cause: grant.record.state == .compromised ? "compromised" : .none)
                    return .init(outcome: .grant(grant.message(ttlSeconds: grantSeconds)))
                case .failure(let error): return .init(outcome: .error(error.item))
                }
            })
    }

    private func grant(
        _ selector: Proto.FieldKeySelector, to recipient: GrantRecipient, _ call: KeysCall
    ) async throws -> Result<FieldGrant, KeyServiceError> {
        let version = KeyVersion(rawValue: selector.version)
        return try await item(selector.field, call, right: .getFieldKey, version: version) { field in
            if selector.leaseCount > 0, !call.grant.allows(.lease, field: selector.field) {
                throw KeyServiceError.denied
            }
            return try await authority.grant(
                field, version: version, for: selector.forRewrap ? .rewrap : .use,
                to: recipient, context: call.context)
        }
    }

    /// Adds the seals that were asked for. A version that was superseded since it was granted is granted anew.
    private func lease(
        for selectors: [Proto.FieldKeySelector], _ results: inout [Result<FieldGrant, KeyServiceError>],
        to recipient: GrantRecipient, _ call: KeysCall
    ) async throws {
        let wanted = zip(results.indices, selectors).compactMap { index, selector in
            (try? results[index].get()).flatMap { LeaseItem(selector, $0) }.map { (index: index, item: $0) }
        }
        let leased = try await authority.lease(wanted.map(\.item), context: call.context)
        for ((index, item), leased) in zip(wanted, leased) {
            switch leased {
            case .success(let count):
                results[index] = results[index].map { grant in
                    var grant = grant
                    grant.leased = count
                    return grant
                }
            case .failure(.notActive):
                results[index] = try await self.item(selectors[index].field, call, right: .lease) { field in
                    try await authority.leasedGrant(field, to: recipient, context: call.context) {
                        LeaseItem(selectors[index], $0)
                    }
                }
            case .failure(let error):
                call.failed(error, item.field, version: item.version)
                results[index] = .failure(error)
            }
        }
    }
}

extension LeaseItem {
    /// Nil where no seals are asked for, or none are counted.
    init?(_ selector: Proto.FieldKeySelector, _ grant: FieldGrant) {
        guard selector.leaseCount > 0, selector.version == 0, grant.countsSeals,
            selector.heldVersion != grant.record.version.rawValue
        else { return nil }
        self.init(field: grant.entry.name, version: grant.record.version, count: selector.leaseCount)
    }
}

extension GrantRecipient {
    /// The process that holds the key and the caller's certificate.
    init(_ publicKey: [UInt8], _ call: KeysCall) throws(KeyServiceError) {
        guard publicKey.count == KeyAgreement.publicKeyCount else { throw .badRecipient }
        self.init(publicKey: publicKey, identity: call.context.actor.identity)
    }
}
