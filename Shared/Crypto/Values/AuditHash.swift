public import FieldsealSecureMemory

/// The 16 bytes by which audit events name a record: AES-256-CMAC (NIST SP 800-38B) over table id and record id. Not thread-safe.
public final class AuditHash {
    public static let byteCount = 16

    /// - Parameter key: the audit-hash key, 32 bytes.
    public init(key: borrowing SecretBytes) throws(CryptoError) { throw CryptoError(.library) }

    /// Writes the hash to the front of `output`.
    ///
    /// - Parameter recordID: the encoding of ``RecordIdentifier``.
    public func hash(
        table: ObjectID, recordID: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {}
}
