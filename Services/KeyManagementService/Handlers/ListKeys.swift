import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    func listKeys(_ request: Proto.ListKeysRequest, _ call: KeysCall) async throws -> Proto.ListKeysResponse {
        let keys = try await authority.keys(
            named: request.name.isEmpty ? nil : request.name, kind: KeyKind(request.type))
        call.succeeded(object: request.name)
        return Proto.ListKeysResponse(keys: keys.map(\.message))
    }
}
