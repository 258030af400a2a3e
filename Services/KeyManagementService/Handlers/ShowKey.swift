import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    func showKey(_ request: Proto.ShowKeyRequest, _ call: KeysCall) async throws -> Proto.ShowKeyResponse {
        let (key, versions) = try await authority.key(
            named: request.name, version: KeyVersion(rawValue: request.version))
        call.succeeded(object: request.name, version: key.record.version)
        return Proto.ShowKeyResponse(key: key.message, versions: versions.map(\.message))
    }
}
