internal import CFieldsealPlatform
package import FieldsealSecureMemory

/// Derives the keys of single records: HKDF-SHA256(record use key, salt: subject key or none, label ‖ suite ‖ field ‖
/// record id).
///
/// Extraction is done once; a record costs one HMAC under the extracted key. Not thread-safe.
package final class RecordKeys {
    static let label: StaticString = "fieldseal/v1 record key"

    private let expansion: HMACSHA256
    private let prefix: [UInt8]
    private let memory: SecretBytes
    private let key: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - fieldKey: the field encryption key.
    ///   - suite: the suite byte of the values.
    package init(
        fieldKey: borrowing SecretBytes, suite: UInt8, field: ObjectID, subject: SubjectKey? = nil
    ) throws(CryptoError) {
        let use = try KeyUse.record.key(from: fieldKey, suite: suite, count: 32)
        if let subject {
            expansion = try subject.key.withUnsafeBytes { salt throws(CryptoError) in
                try HMACSHA256(key: HKDF.extract(salt: salt, keyMaterial: use))
            }
        } else {
            expansion = try HMACSHA256(key: HKDF.extract(salt: .empty, keyMaterial: use))
        }
        var prefix: [UInt8] = []
        prefix.append(label: Self.label)
        prefix.append(suite)
        prefix.append(id: field)
        self.prefix = prefix
        memory = try SecretBytes.zeros(32)
        guard let start = memory.unsafeStart else { throw CryptoError(.memory) }
        key = start
    }

    /// Lends the record's 32-byte key to `body` and wipes it.
    package func withKey(
        for recordID: UnsafeRawBufferPointer, _ body: (UnsafeRawPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        defer {
            fieldseal_wipe(key, 32)
            fieldseal_wipe_stack()
        }
        guard recordID.count <= RecordIdentifier.maximumCount else { throw CryptoError(.size) }
        try expansion.update(prefix)
        try expansion.update(recordID)
        try withUnsafeBytes(of: UInt8(1)) { one throws(CryptoError) in try expansion.update(one) }
        try expansion.finish(into: UnsafeMutableRawBufferPointer(start: key, count: 32))
        try body(key)
    }
}
