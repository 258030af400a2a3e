public import FieldsealMessages

// One value or field at a time: the batch calls with a single item, whose error is thrown.

extension FieldsealClient {
    /// Encrypts one value.
    /// - Parameter field: "table.field".
    public func encryptField(
        _ field: String, _ plaintext: [UInt8], recordID: RecordID? = nil, context: [UInt8]? = nil,
        form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [UInt8] {
        let item = EncryptItem(field: field, plaintext: plaintext, recordID: recordID, context: context)
        return try only(await encrypt([item], form: form, options: options)).ciphertext
    }

    /// Encrypts one text.
    public func encryptField(
        _ field: String, _ text: String, recordID: RecordID? = nil, context: [UInt8]? = nil,
        form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [UInt8] {
        try await encryptField(
            field, Array(text.utf8), recordID: recordID, context: context, form: form, options: options)
    }

    /// Decrypts one value.
    public func decryptField(
        _ field: String, _ ciphertext: [UInt8], recordID: RecordID? = nil, context: [UInt8]? = nil,
        form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [UInt8] {
        let item = DecryptItem(field: field, ciphertext: ciphertext, recordID: recordID, context: context)
        return try only(await decrypt([item], form: form, options: options))
    }

    /// Gives the field a new key version.
    public func rotateKey(
        _ field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> FieldKeyReference {
        try only(await rotateKeys([field], options: options))
    }

    /// Makes sure that the field has a key, and names it.
    public func deriveFieldKey(
        _ field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> FieldKeyReference {
        try only(await deriveFieldKeys([field], options: options))
    }

    private func only<Value>(_ results: [Result<Value, FieldsealError>]) throws(FieldsealError) -> Value {
        guard let result = results.first else { throw .wrongCount }
        return try result.get()
    }
}
