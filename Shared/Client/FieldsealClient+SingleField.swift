public import FieldsealMessages

// One value or field at a time, whose error is thrown. Values of the same time go out together (`ClientConfiguration.Calls`).

extension FieldsealClient {
    /// Encrypts one value.
    /// - Parameter field: "table.field".
    public func encryptField(
        _ field: String, _ plaintext: [UInt8], recordID: RecordID? = nil, context: [UInt8]? = nil,
        form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [UInt8] {
        let item = EncryptItem(field: field, plaintext: plaintext, recordID: recordID, context: context)
        return try await single.encrypt(item, form, options).ciphertext
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
        return try await single.decrypt(item, form, options)
    }

    /// One blind index of one value, as a search compares it.
    /// - Parameter index: its name in the catalog.
    public func blindIndexField(
        _ field: String, _ plaintext: [UInt8], index: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [UInt8] {
        let item = BlindIndexItem(field: field, plaintext: plaintext, indexes: [index])
        guard let found = try await single.blindIndex(item, options).first else { throw .noOutcome }
        return found
    }

    /// Gives the field a new key version.
    public func rotateKey(
        _ field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> FieldKeyReference {
        try SingleCalls.only(await rotateKeys([field], options: options))
    }

    /// Makes sure that the field has a key, and names it.
    public func deriveFieldKey(
        _ field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> FieldKeyReference {
        try SingleCalls.only(await deriveFieldKeys([field], options: options))
    }
}
