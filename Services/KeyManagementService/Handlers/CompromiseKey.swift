import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    func compromiseKey(
        _ request: Proto.CompromiseKeyRequest, _ call: KeysCall
    ) async throws -> Proto.CompromiseKeyResponse {
        _ = try authority.unsealed()
        let since = request.suspectedSinceUnixMs
        guard since >= 0, since <= authority.clock() / 1_000,
            let note = CompromiseNote(reason: request.reason, suspectedSinceUnixMs: since == 0 ? nil : since)
        else { throw KeyServiceError.malformed }
        guard let object = try await authority.compromisable(named: request.key) else {
            throw KeyServiceError.unknownKey
        }
        let leftOut = try call.leftOut(request.without)
        let version = KeyVersion(rawValue: request.version)
        let (outcome, revision) =
            request.dryRun
            ? try await authority.planCompromise(of: object, version: version, note: note)
            : try await authority.compromise(
                object, called: request.key, version: version, note: note, without: leftOut,
                context: call.context)
        // What was changed stands in the outbox, key by key.
        if request.dryRun || outcome.compromised.isEmpty {
            call.succeeded(object: request.key, version: version, count: outcome.compromised.count)
        }
        let watchers = request.dryRun ? [] : try await authority.propagation(of: revision).messages
        return outcome.message(revision: revision, watchers: watchers)
    }
}

extension KeyAuthority {
    /// The key that an operator names; here the store-integrity key has a name, too.
    fileprivate func compromisable(named name: String) async throws -> KeyObject? {
        guard name != KeyKind.storeIntegrity.name else {
            return KeyObject(kind: .storeIntegrity, id: try unsealed().storeID)
        }
        return try await keyObject(named: name)
    }
}

extension CompromiseOutcome {
    func message(revision: UInt64, watchers: [Proto.Watcher]) -> Proto.CompromiseKeyResponse {
        Proto.CompromiseKeyResponse(
            compromised: compromised.map(\.message), made: made.map(\.message),
            affected: affected.map {
                Proto.AffectedField(
                    field: $0.name, versions: $0.versions.map(\.rawValue), rows: $0.count?.rows ?? 0,
                    censusUnixMs: ($0.count?.begunUnixUs ?? 0) / 1_000)
            },
            revision: revision, watchers: watchers)
    }
}
