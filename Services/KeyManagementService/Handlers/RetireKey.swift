import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    func retireKey(_ request: Proto.KeyVersionRequest, _ call: KeysCall) async throws -> Proto.KeyChangeResponse {
        let changed = try await authority.retire(
            try request.wanted, of: request.key, dryRun: request.dryRun, context: call.context)
        return answer(changed, dryRun: request.dryRun, call)
    }
}

extension Proto.KeyVersionRequest {
    /// - Throws: `KeyServiceError.unknownVersion` where none is named.
    var wanted: KeyVersion {
        get throws(KeyServiceError) {
            guard let version = KeyVersion(rawValue: version) else { throw .unknownVersion }
            return version
        }
    }
}
