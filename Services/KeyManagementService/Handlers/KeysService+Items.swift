import FieldsealCrypto
import FieldsealServiceRuntime

extension KeysService {
    /// Does one item of a batch: the right on its field first, then the work. An item's failure is its own, noted in
    /// the call; what concerns the whole service (sealed, database, audit trail) ends the call.
    ///
    /// - Parameter version: that is asked for; noted where it is there and is not given.
    func item<Value>(
        _ name: String, _ call: KeysCall, right: PolicyOperation, version: KeyVersion? = nil,
        _ body: (FieldName) async throws -> Value
    ) async throws -> Result<Value, KeyServiceError> {
        guard call.grant.allows(right, field: name) else {
            call.failed(.denied, try await known(name, call))
            return .failure(.denied)
        }
        guard let field = FieldName(name) else {
            call.failed(.unknownField)
            return .failure(.unknownField)
        }
        do {
            return .success(try await body(field))
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .unavailable || failure.code == .cancelled { throw failure }
            log(failure, call)
            call.failed(
                failure, failure == .unknownField ? nil : field, version: failure.isOfVersion ? version : nil)
            return .failure(failure)
        }
    }

    /// The field, if the catalog has it: what a caller wrote does not go into the audit trail. Only the first denials
    /// of a call are looked up.
    private func known(_ name: String, _ call: KeysCall) async throws -> FieldName? {
        guard call.events.count < 16, let field = FieldName(name) else { return nil }
        return try await authority.read { try await $0.field(field) } == nil ? nil : field
    }
}
