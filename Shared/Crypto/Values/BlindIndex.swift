public import FieldsealSecureMemory

/// Which texts count as equal. Raw values enter the derivation.
public enum IndexNormaliser: UInt8, Hashable, Sendable, CaseIterable {
    /// The bytes as they are.
    case none = 0
    /// UTF-8, NFKC and case folded.
    case casefold = 1
    /// UTF-8, surrounding white space removed.
    case trim = 2
    /// Trimmed, NFKC, case folded.
    case email = 3
}

/// A keyed hash of a value by which rows are found without decrypting. Equal values have equal indexes: it leaks
/// frequencies. For one event loop alone.
public final class BlindIndex {
    public let byteCount: Int

    /// - Parameters:
    ///   - key: the index key, 32 bytes.
    ///   - id: the index's id.
    ///   - bits: 1 to 256; fewer bits hide more and need filtering after decryption.
    public init(key: borrowing SecretBytes, id: ObjectID, normaliser: IndexNormaliser, bits: Int) throws(CryptoError) {
        throw CryptoError(.library)
    }

    /// Writes the index of `value`: `byteCount` bytes, unused bits of the last one zero.
    ///
    /// - Throws: ``CryptoError`` `.text` when the normaliser demands UTF-8 and `value` is not.
    public func compute(_ value: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(CryptoError)
    {}
    public func compute(_ value: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] { throw CryptoError(.library) }
}
