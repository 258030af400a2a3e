public import FieldsealMessages

extension FieldsealClient {
    /// Encrypts each item; results stand in the order of the items.
    public func encrypt(
        _ items: [EncryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<SealedValue, FieldsealError>] {
        try await batched(items, size: \.size) { items throws(FieldsealError) in
            let request = Proto.EncryptRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.EncryptResponse = try await encryption.call("Encrypt", request, options: options)
            return response.results.map { result in
                switch result.outcome {
                case .ciphertext(let bytes): .success(SealedValue(ciphertext: bytes, indexes: result.indexes))
                case .error(let error): .failure(FieldsealError(error))
                case nil: .failure(.noOutcome)
                }
            }
        }
    }

    /// Decrypts each item; results stand in the order of the items.
    public func decrypt(
        _ items: [DecryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<[UInt8], FieldsealError>] {
        try await batched(items, size: \.size) { items throws(FieldsealError) in
            let request = Proto.DecryptRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.DecryptResponse = try await encryption.call("Decrypt", request, options: options)
            return response.results.map { result in
                switch result.outcome {
                case .plaintext(let bytes): .success(bytes)
                case .error(let error): .failure(FieldsealError(error))
                case nil: .failure(.noOutcome)
                }
            }
        }
    }

    /// Seals each item anew under the newest version of its field's key; no plaintext leaves the service.
    public func rewrap(
        _ items: [DecryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<ResealedValue, FieldsealError>] {
        try await batched(items, size: \.size) { items throws(FieldsealError) in
            let request = Proto.RewrapRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.RewrapResponse = try await encryption.call("Rewrap", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// Seals each item anew for another record id or context; no plaintext leaves the service.
    public func rebind(
        _ items: [RebindItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<ResealedValue, FieldsealError>] {
        try await batched(items, size: \.size) { items throws(FieldsealError) in
            let request = Proto.RebindRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.RebindResponse = try await encryption.call("Rebind", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// The blind indexes of each item, in the order asked for.
    public func blindIndex(
        _ items: [BlindIndexItem], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<[[UInt8]], FieldsealError>] {
        try await batched(items, size: \.size) { items throws(FieldsealError) in
            let request = Proto.BlindIndexRequest(items: items.map(\.message))
            let response: Proto.BlindIndexResponse = try await encryption.call("BlindIndex", request, options: options)
            return response.results.map { result in
                result.error.map { .failure(FieldsealError($0)) } ?? .success(result.indexes)
            }
        }
    }

    /// Under which hash the audit log knows a record; a right of its own, and few a second.
    /// - Parameter field: any of the record's table that the caller may `hash-record`.
    public func hashRecord(
        _ record: RecordID, field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> RecordHash {
        try await encryption.call(
            "HashRecord", Proto.HashRecordRequest(field: field, recordID: record.message), options: options)
    }

    /// What the catalog says of each field ("table.field").
    public func describeFields(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldDescription, FieldsealError>] {
        try await batched(fields, size: \.utf8.count) { fields throws(FieldsealError) in
            let request = Proto.DescribeFieldRequest(fields: Array(fields))
            let response: Proto.DescribeFieldResponse = try await encryption.call(
                "DescribeField", request, options: options)
            return response.results.map { result in
                switch result.outcome {
                case .description(let description): .success(description)
                case .error(let error): .failure(FieldsealError(error))
                case nil: .failure(.noOutcome)
                }
            }
        }
    }

    /// Makes sure that each field ("table.field") has a key; the key itself never leaves the services.
    public func deriveFieldKeys(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        try await batched(fields, size: \.utf8.count) { fields throws(FieldsealError) in
            let request = Proto.DeriveFieldKeyRequest(fields: Array(fields))
            let response: Proto.DeriveFieldKeyResponse = try await encryption.call(
                "DeriveFieldKey", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// Gives each field ("table.field") a new key version; what is encrypted under older ones stays readable.
    public func rotateKeys(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        try await batched(fields, size: \.utf8.count) { fields throws(FieldsealError) in
            let request = Proto.RotateKeyRequest(fields: Array(fields))
            let response: Proto.RotateKeyResponse = try await encryption.call("RotateKey", request, options: options)
            return response.results.map { $0.result }
        }
    }

    private func batched<Item: Sendable, Value>(
        _ items: [Item], size: (Item) -> Int,
        call: (ArraySlice<Item>) async throws(FieldsealError) -> [Result<Value, FieldsealError>]
    ) async throws(FieldsealError) -> [Result<Value, FieldsealError>] {
        var results: [Result<Value, FieldsealError>] = []
        results.reserveCapacity(items.count)
        for range in Batches.split(items, size: size) {
            let answered = try await call(items[range])
            guard answered.count == range.count else { throw .wrongCount }
            results += answered
        }
        return results
    }
}
