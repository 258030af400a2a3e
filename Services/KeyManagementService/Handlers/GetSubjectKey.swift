import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    func getSubjectKey(
        _ request: Proto.GetSubjectKeyRequest, _ call: KeysCall
    ) async throws -> Proto.GetSubjectKeyResponse {
        _ = try authority.unsealed()
        try witness.hear(request.epoch, call)
        let recipient = try GrantRecipient(request.recipient, call)
        guard request.selectors.count <= Self.maximumSelectors else { throw KeyServiceError.tooMany }
        var results: [KeyAuthority.SubjectResult?] = []
        var wanted: [(place: Int, request: KeyAuthority.SubjectRequest)] = []
        for (place, selector) in request.selectors.enumerated() {
            let admitted = try await item(selector.field, call, right: .getSubjectKey) { field in
                (field, try SubjectName(selector))
            }
            switch admitted {
            case .success(let admitted):
                wanted.append((place, admitted))
                results.append(nil)
            case .failure(let error): results.append(.failure(error))
            }
        }
        let granted = try await authority.subjectKeys(wanted.map(\.request), to: recipient, context: call.context)
        var counts: [FieldName: Int] = [:]
        for ((place, request), result) in zip(wanted, granted) {
            switch result {
            case .success(let grant) where grant.successor != nil:
                call.succeeded(
                    request.field, object: SubjectObject.name(of: grant.id, in: request.field.table),
                    cause: "compromised")
            case .success: counts[request.field, default: 0] += 1
            case .failure(let error):
                log(error, call)
                call.failed(error, error == .unknownField ? nil : request.field)
            }
            results[place] = result
        }
        for (field, count) in counts.sorted(by: { "\($0.key)" < "\($1.key)" }) { call.succeeded(field, count: count) }
        return Proto.GetSubjectKeyResponse(
            results: results.map { result in
                switch result ?? .failure(.conflict) {
                case .success(let grant):
                    Proto.SubjectKeyResult(outcome: .grant(grant.message(ttlSeconds: grantSeconds)))
                case .failure(let error): Proto.SubjectKeyResult(outcome: .error(error.item))
                }
            })
    }
}

extension SubjectName {
    fileprivate init(_ selector: Proto.SubjectSelector) throws(KeyServiceError) {
        switch selector.subject {
        case .subjectID(let subject):
            guard (1...SubjectLookup.maximumCount).contains(subject.count) else { throw .malformed }
            self = .subject(subject)
        case .subjectKeyID(let bytes):
            guard let id = ObjectID(bytes: bytes) else { throw .malformed }
            self = .key(id, for: selector.forRewrap ? .rewrap : .use)
        case nil: throw .malformed
        }
    }
}

extension SubjectGrant {
    fileprivate func message(ttlSeconds: UInt32) -> Proto.SubjectKeyGrant {
        Proto.SubjectKeyGrant(
            subjectKeyID: id.bytes, sealedKey: sealedKey, ttlSeconds: ttlSeconds,
            successorKeyID: successor?.id.bytes ?? [], sealedSuccessorKey: successor?.sealedKey ?? [])
    }
}
