import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// Selectors of one call.
    static let maximumSelectors = 500

    func getFieldKey(_ request: Proto.GetFieldKeyRequest, _ call: KeysCall) async throws -> Proto.GetFieldKeyResponse {
        _ = try authority.unsealed()
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
        try await item(selector.field, call, right: .getFieldKey) { field in
            if selector.leaseCount > 0, !call.grant.allows(.lease, field: selector.field) {
                throw KeyServiceError.denied
            }
            return try await authority.grant(
                field, version: KeyVersion(rawValue: selector.version), for: selector.forRewrap ? .rewrap : .use,
                to: recipient, context: call.context)
        }
    }

    /// Adds the seals that were asked for. A version that was superseded since it was granted is granted anew.
    private func lease(
        for selectors: [Proto.FieldKeySelector], _ results: inout [Result<FieldGrant, KeyServiceError>],
        to recipient: GrantRecipient, _ call: KeysCall
    ) async throws {
        var open = Array(selectors.indices)
        for attempt in 0..<Self.leaseAttempts where !open.isEmpty {
            var wanted: [(index: Int, item: LeaseItem)] = []
            for index in open {
                if attempt > 0 { results[index] = try await grant(selectors[index], to: recipient, call) }
                guard case .success(let grant) = results[index], let item = LeaseItem(selectors[index], grant)
                else { continue }
                wanted.append((index, item))
            }
            open = []
            for ((index, item), leased) in zip(
                wanted, try await authority.lease(wanted.map(\.item), context: call.context))
            {
                switch leased {
                case .success(let count):
                    results[index] = results[index].map { grant in
                        var grant = grant
                        grant.leased = count
                        return grant
                    }
                case .failure(.notActive) where attempt + 1 < Self.leaseAttempts: open.append(index)
                case .failure(let error):
                    let error = error == .notActive ? KeyServiceError.conflict : error
                    call.failed(error, item.field, version: item.version)
                    results[index] = .failure(error)
                }
            }
        }
    }

    /// How often a key may be rotated under a call's hands.
    private static let leaseAttempts = 3
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
