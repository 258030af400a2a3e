internal import FieldsealSecureMemory

/// What seals the values of a field under one version of its key: one cipher for all of them, or keyed anew for each
/// record. Not thread-safe.
struct ValueKey {
    private let cipher: KeyedCipher
    private let recordKeys: RecordKeys?

    /// - Parameters:
    ///   - fieldKey: the field encryption key, which is not kept.
    ///   - use: what the key is for where neither record nor subject take part.
    ///   - suite: the cipher.
    ///   - number: the suite byte of the values.
    ///   - subject: takes part in the key; where there is no key per record, the record id is empty.
    init(
        of fieldKey: borrowing SecretBytes, use: KeyUse, suite: CipherSuite, number: UInt8, field: ObjectID,
        isPerRecord: Bool, subject: SubjectKey?
    ) throws(CryptoError) {
        guard isPerRecord || subject != nil else {
            recordKeys = nil
            cipher = try KeyedCipher(
                suite: suite, key: use.key(from: fieldKey, suite: number, count: suite.keyCount))
            return
        }
        let keys = try RecordKeys(fieldKey: fieldKey, suite: number, field: field, subject: subject)
        let unkeyed = try KeyedCipher(unkeyed: suite)
        if !isPerRecord {
            try keys.withKey(for: .empty) { key throws(CryptoError) in try unkeyed.setKey(key) }
        }
        recordKeys = isPerRecord ? keys : nil
        cipher = unkeyed
    }

    /// Lends the cipher under the key of the record.
    ///
    /// - Throws: ``CryptoError`` `.parameter` when a record id is missing.
    @inline(__always)
    func withCipher(
        for recordID: UnsafeRawBufferPointer?, _ body: (KeyedCipher) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard let recordKeys else { return try body(cipher) }
        guard let recordID else { throw CryptoError(.parameter) }
        try recordKeys.withKey(for: recordID) { key throws(CryptoError) in
            try cipher.setKey(key)
            try body(cipher)
        }
    }
}
