import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// More seals under versions that the caller holds.
    func lease(_ request: Proto.LeaseRequest, _ call: KeysCall) async throws -> Proto.LeaseResponse {
        _ = try authority.unsealed()
        try witness.hear(request.epoch, call)
        guard request.items.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        var checked: [Result<LeaseItem, KeyServiceError>] = []
        for item in request.items {
            checked.append(
                try await self.item(item.field, call, right: .lease) { field in
                    guard let version = KeyVersion(rawValue: item.version) else {
                        throw KeyServiceError.unknownVersion
                    }
                    guard item.count > 0 else { throw KeyServiceError.malformed }
                    return LeaseItem(field: field, version: version, count: item.count)
                })
        }
        let items = checked.compactMap { try? $0.get() }
        var leased = try await authority.lease(items, context: call.context).makeIterator()
        return Proto.LeaseResponse(
            results: checked.map { checked in
                switch checked.flatMap({ item in result(of: item, leased.next() ?? .failure(.conflict), call) }) {
                case .success(let count): .init(outcome: .grant(.init(count: count, ttlSeconds: grantSeconds)))
                case .failure(let error): .init(outcome: .error(error.item))
                }
            })
    }

    private func result(
        of item: LeaseItem, _ leased: Result<UInt32, KeyServiceError>, _ call: KeysCall
    ) -> Result<UInt32, KeyServiceError> {
        if case .failure(let error) = leased { call.failed(error, item.field, version: item.version) }
        return leased
    }
}
