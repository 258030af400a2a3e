import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

/// Asks key management for keys, which come sealed to this process.
final class KeyManagementClient: KeySource {
    static let service = "fieldseal.v1.Keys"
    private static let timeout = Duration.seconds(5)
    /// Bytes of memory that an answer may take.
    static let answerLimit = 16 << 20

    let client: RPCClient
    private let recipient: KeyRecipient
    /// What this process says of its epoch of the audit log, with the uses of versions; nil: it has ended.
    private let epoch: @Sendable ([UInt64]) -> Proto.EpochStatement?

    init(
        client: RPCClient, recipient: KeyRecipient, epoch: @escaping @Sendable ([UInt64]) -> Proto.EpochStatement?
    ) {
        self.client = client
        self.recipient = recipient
        self.epoch = epoch
    }

    func fieldKeys(_ requests: [FieldKeyRequest]) async throws(ItemFailure) -> [Result<FieldKeyMaterial, ItemFailure>] {
        let request = Proto.GetFieldKeyRequest(
            recipient: recipient.publicKey, selectors: requests.map(Proto.FieldKeySelector.init),
            epoch: epoch(requests.flatMap { [$0.selector.version, $0.held] }.filter { $0 != 0 }))
        let answer: Proto.GetFieldKeyResponse = try await call("GetFieldKey", request)
        guard answer.results.count == requests.count else { throw .unexpected }
        return zip(requests, answer.results).map { request, result in
            switch result.outcome {
            case .grant(let grant):
                Result { () throws(ItemFailure) in try recipient.open(grant, answering: request) }
            case .error(let error): .failure(ItemFailure(error, asking: request.selector))
            case nil: .failure(.unexpected)
            }
        }
    }

    func lease(_ requests: [LeaseRequest]) async throws(ItemFailure) -> [Result<UInt32, ItemFailure>] {
        let request = Proto.LeaseRequest(
            items: requests.map { .init(field: $0.field, version: $0.version, count: $0.seals) },
            epoch: epoch(requests.map(\.version)))
        let answer: Proto.LeaseResponse = try await call("Lease", request)
        guard answer.results.count == requests.count else { throw .unexpected }
        return zip(requests, answer.results).map { request, result in
            switch result.outcome {
            case .grant(let grant) where grant.count > 0: .success(min(grant.count, request.seals))
            case .error(let error): .failure(ItemFailure(error, asking: .active(request.field)))
            case .grant, nil: .failure(.unexpected)
            }
        }
    }

    func subjectKeys(_ selectors: [KeySelector]) async throws(ItemFailure) -> [Result<SubjectKeyMaterial, ItemFailure>]
    {
        let request = Proto.GetSubjectKeyRequest(
            recipient: recipient.publicKey, selectors: selectors.map(Proto.SubjectSelector.init), epoch: epoch([]))
        let answer: Proto.GetSubjectKeyResponse = try await call("GetSubjectKey", request)
        guard answer.results.count == selectors.count else { throw .unexpected }
        return zip(selectors, answer.results).map { selector, result in
            switch result.outcome {
            case .grant(let grant):
                Result { () throws(ItemFailure) in try recipient.open(grant, answering: selector) }
            case .error(let error): .failure(ItemFailure(subject: error))
            case nil: .failure(.unexpected)
            }
        }
    }

    func auditHashKey() async throws(ItemFailure) -> AuditHashMaterial {
        let request = Proto.GetAuditHashKeyRequest(recipient: recipient.publicKey, epoch: epoch([]))
        return try recipient.open(try await call("GetAuditHashKey", request))
    }

    func ensureFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        let request = Proto.EnsureFieldKeyRequest(fields: fields, assertedActor: actor)
        let answer: Proto.EnsureFieldKeyResponse = try await call("EnsureFieldKey", request)
        return try references(answer.results, fields: fields)
    }

    func rotateFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        let request = Proto.RotateKeysRequest(keys: fields, assertedActor: actor)
        let answer: Proto.RotateKeysResponse = try await call("RotateKey", request)
        return try references(answer.results, fields: fields)
    }

    private func references(
        _ results: [Proto.KeyReferenceResult], fields: [String]
    ) throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        guard results.count == fields.count else { throw .unexpected }
        return zip(fields, results).map { field, result in
            switch result.outcome {
            case .key(let reference): .success(reference)
            case .error(let error): .failure(ItemFailure(error, asking: .active(field)))
            case nil: .failure(.unexpected)
            }
        }
    }

    func call<Answer: ProtoMessage>(
        _ method: String, _ request: some ProtoMessage
    ) async throws(ItemFailure) -> Answer {
        let payload: [UInt8]
        do throws(RPCStatus) {
            payload = try await client.unary(
                service: Self.service, method: method, payload: request.encoded(), timeout: Self.timeout)
        } catch {
            throw ItemFailure(refusedBy: error)
        }
        do throws(MessageError) {
            return try Answer(decoding: payload, limit: Self.answerLimit)
        } catch {
            throw .unexpected
        }
    }
}

extension ItemFailure {
    /// A whole call to key management failed.
    init(refusedBy status: RPCStatus) {
        switch status.code {
        case .permissionDenied, .unauthenticated: self = .keysDenied
        case .internal, .unimplemented, .invalidArgument, .unknown: self = .unexpected
        default: self = .keysUnavailable
        }
    }

    /// Key management did not answer one selector.
    init(_ error: Proto.ItemError, asking selector: KeySelector) {
        switch RPCCode(rawValue: error.code) {
        case .notFound: self = selector.isActive || error.message == "unknown field" ? .fieldUnknown : .versionUnknown
        case .invalidArgument: self = selector.isActive ? .fieldName : .versionUnknown
        case .permissionDenied: self = .keysDenied
        case .failedPrecondition: self = .init(stateIn: error.message, isActive: selector.isActive)
        case .aborted: self = .keysConflict
        case .dataLoss: self = .keyDamaged
        case .resourceExhausted: self = .loadLimit
        case .unavailable, .deadlineExceeded: self = .keysUnavailable
        default: self = .unexpected
        }
    }

    /// Key management did not answer for one subject.
    init(subject error: Proto.ItemError) {
        switch RPCCode(rawValue: error.code) {
        case .notFound: self = error.message == "unknown field" ? .fieldUnknown : .subjectUnknown
        case .invalidArgument: self = .subjectUnexpected
        case .failedPrecondition:
            self = error.message.contains("compromised") ? .subjectCompromised : .subjectErased
        default: self.init(error, asking: .active(""))
        }
    }

    /// The fixed texts of key management name the state that a version is in.
    private init(stateIn message: String, isActive: Bool) {
        if message.contains("no seals") {
            self = .versionExhausted
        } else if isActive {
            self = .versionInactive
        } else if message.contains("compromised") {
            self = .versionCompromised
        } else {
            self = message.contains("destroyed") ? .versionDestroyed : .versionRetired
        }
    }
}

extension Proto.FieldKeySelector {
    init(_ request: FieldKeyRequest) {
        let selector = request.selector
        self.init(
            field: selector.field, version: selector.version, leaseCount: request.seals,
            forRewrap: selector.forRewrap, heldVersion: request.held)
    }
}

extension Proto.SubjectSelector {
    init(_ selector: KeySelector) {
        switch selector.subject {
        case .name(let name): self.init(field: selector.field, subject: .subjectID(name))
        case .key(let id):
            self.init(field: selector.field, subject: .subjectKeyID(id.bytes), forRewrap: selector.forRewrap)
        case nil: self.init(field: selector.field)
        }
    }
}
