import FieldsealCrypto
import FieldsealMessages
import FieldsealServiceRuntime

extension KeysService {
    /// Keys of one call; each is a transaction of its own.
    static let maximumRotations = 100

    func rotateKey(_ request: Proto.RotateKeysRequest, _ call: KeysCall) async throws -> Proto.RotateKeysResponse {
        _ = try authority.unsealed()
        try call.assert(request.assertedActor)
        guard request.keys.count <= Self.maximumRotations else { throw KeyServiceError.tooMany }
        let leftOut = try call.leftOut(request.without)
        guard leftOut.isEmpty || request.keys == [KeyKind.master.name] else { throw KeyServiceError.onlyMasterWithout }
        var response = Proto.RotateKeysResponse()
        for name in request.keys {
            response.results.append(.init(try await rotate(name, without: leftOut, isDryRun: request.dryRun, call)))
        }
        return response
    }

    private func rotate(
        _ name: String, without leftOut: Set<String>, isDryRun: Bool, _ call: KeysCall
    ) async throws -> Result<Proto.FieldKeyReference, KeyServiceError> {
        do {
            // A field is looked up in the transaction that rotates its key.
            let field = isDryRun || !call.grant.allows(.rotateKey, field: name) ? nil : FieldName(name)
            if let field {
                try rotations.admit(call.context.actor.identity, nowUnixUs: authority.clock())
                if let record = try await authority.rotate(field, context: call.context) {
                    return .success(record.reference(named: name))
                }
            }
            guard let object = try await authority.keyObject(named: name) else {
                // Whether a name is known is told only to those who have the right on it.
                throw call.grant.allows(.rotateKey, field: name) || call.grant.allows(.rotateKey, table: name)
                    ? KeyServiceError.unknownKey : .denied
            }
            guard call.grant.allowsRotation(of: object, named: name) else {
                call.failed(.denied, object: name)
                return .failure(.denied)
            }
            if field == nil { try rotations.admit(call.context.actor.identity, nowUnixUs: authority.clock()) }
            if isDryRun {
                let present = try await authority.planRotation(of: object, without: leftOut)
                call.succeeded(object: name, version: present.version)
                return .success(present.reference(named: name))
            }
            // The store's outbox tells of the success.
            let record = try await authority.rotate(object, called: name, without: leftOut, context: call.context)
            return .success(record.reference(named: name))
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .unavailable || failure.code == .cancelled { throw failure }
            log(failure, call)
            call.failed(failure, object: failure == .unknownKey || failure == .denied ? "" : name)
            return .failure(failure)
        }
    }
}

extension KeysCall {
    /// The custodians that the caller has left out, which takes the right to change them.
    func leftOut(_ names: [String]) throws(KeyServiceError) -> Set<String> {
        guard names.isEmpty || grant.allows(.manageCustody) else { throw .denied }
        return Set(names)
    }
}
