import FieldsealMessages

// The batches of the encryption service, each of one frame: a result for every item, in order.

extension ServiceChannel {
    func encrypt(
        _ items: some Collection<EncryptItem>, _ form: CiphertextForm, _ options: CallOptions
    ) async throws(FieldsealError) -> [Result<SealedValue, FieldsealError>] {
        let request = Proto.EncryptRequest(items: items.map(\.message), encoding: form.message)
        let response: Proto.EncryptResponse = try await call("Encrypt", request, options: options)
        return response.results.map { result in
            switch result.outcome {
            case .ciphertext(let bytes): .success(SealedValue(ciphertext: bytes, indexes: result.indexes))
            case .error(let error): .failure(FieldsealError(error))
            case nil: .failure(.noOutcome)
            }
        }
    }

    func decrypt(
        _ items: some Collection<DecryptItem>, _ form: CiphertextForm, _ options: CallOptions
    ) async throws(FieldsealError) -> [Result<[UInt8], FieldsealError>] {
        let request = Proto.DecryptRequest(items: items.map(\.message), encoding: form.message)
        let response: Proto.DecryptResponse = try await call("Decrypt", request, options: options)
        return response.results.map { result in
            switch result.outcome {
            case .plaintext(let bytes): .success(bytes)
            case .error(let error): .failure(FieldsealError(error))
            case nil: .failure(.noOutcome)
            }
        }
    }

    func blindIndex(
        _ items: some Collection<BlindIndexItem>, _ options: CallOptions
    ) async throws(FieldsealError) -> [Result<[[UInt8]], FieldsealError>] {
        let request = Proto.BlindIndexRequest(items: items.map(\.message))
        let response: Proto.BlindIndexResponse = try await call("BlindIndex", request, options: options)
        return response.results.map { result in
            result.error.map { .failure(FieldsealError($0)) } ?? .success(result.indexes)
        }
    }
}
