import FieldsealCrypto
import FieldsealMessages
import FieldsealServiceRuntime

extension KeysService {
    /// Keys of one call; each is a transaction of its own.
    static let maximumManyRotations = 20_000

    /// All keys of a type, or all under a table. A key that fails leaves the others alone; the call may be repeated.
    func rotateKeys(_ request: Proto.RotateManyRequest, _ call: KeysCall) async throws -> Proto.RotateManyResponse {
        _ = try authority.unsealed()
        let kind = KeyKind(request.type)
        guard kind?.isRotatable != false else { throw KeyServiceError.notRotatable }
        guard request.under.isEmpty || call.grant.allowsRotation(ofAllIn: request.under) else {
            throw KeyServiceError.denied
        }
        let keys = try await authority.activeKeys(under: request.under, kind: kind)
        guard keys.count <= Self.maximumManyRotations else { throw KeyServiceError.tooMany }
        for key in keys where !call.grant.allowsRotation(of: key.record.object, named: key.name) {
            throw KeyServiceError.denied
        }
        var response = Proto.RotateManyResponse()
        for key in keys {
            var result = Proto.RotatedKey(name: key.name, type: key.record.object.kind.message)
            if request.dryRun {
                result.result = .init(.success(key.record.reference(named: key.name)))
            } else {
                result.result = .init(try await rotate(key, call))
            }
            response.results.append(result)
        }
        // The store's outbox tells of each rotation.
        if request.dryRun || keys.isEmpty { call.succeeded(object: request.under, count: keys.count) }
        return response
    }

    private func rotate(
        _ key: NamedKey, _ call: KeysCall
    ) async throws -> Result<Proto.FieldKeyReference, KeyServiceError> {
        do {
            let record = try await authority.rotate(
                key.record.object, called: key.name, superseding: key.record.version, context: call.context)
            return .success(record.reference(named: key.name))
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .unavailable || failure.code == .cancelled { throw failure }
            log(failure, call)
            call.failed(failure, object: key.name)
            return .failure(failure)
        }
    }
}

extension PolicyGrant {
    /// A field's key needs the right on the field, a table's on all its fields, the master key's on everything.
    func allowsRotation(of object: KeyObject, named name: String) -> Bool {
        switch object.kind {
        case .fek: allows(.rotateKey, field: name)
        case .dek: allows(.rotateKey, table: name)
        case .index: allows(.rotateKey, field: String(name.prefix { $0 != "/" }))
        case .master, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: allowsOnAllFields(.rotateKey)
        }
    }

    /// Asked before names are looked up: whether a table is known is told only to those who have the right on it.
    fileprivate func allowsRotation(ofAllIn table: String) -> Bool { allows(.rotateKey, table: table) }
}
