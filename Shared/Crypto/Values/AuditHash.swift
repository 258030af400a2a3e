public import FieldsealSecureMemory

/// The 16 bytes by which audit events name a record: AES-256-CMAC (NIST SP 800-38B) over table id ‖ record id. Not
/// thread-safe.
public final class AuditHash {
    public static let byteCount = 16

    private let mac: MACContext

    /// - Parameter key: the audit-hash key, 32 bytes.
    public init(key: borrowing SecretBytes) throws(CryptoError) {
        mac = try key.withUnsafeBytes { key throws(CryptoError) in try MACContext.cmacAES256(key: key) }
    }

    /// Writes the hash to the front of `output`.
    ///
    /// - Parameter recordID: the encoding of ``RecordIdentifier``.
    public func hash(
        table: ObjectID, recordID: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard output.count >= Self.byteCount, let start = output.baseAddress else { throw CryptoError(.size) }
        try withUnsafeBytes(of: (table.high.bigEndian, table.low.bigEndian)) { table throws(CryptoError) in
            try mac.update(table)
        }
        try mac.update(recordID)
        try mac.finish(into: start, count: Self.byteCount)
    }
}
