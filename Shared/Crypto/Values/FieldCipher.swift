public import FieldsealSecureMemory

/// Seals and opens the values of one field under one version of its key. Keyed once, reusable, for one event loop alone.
///
/// A value is bound to its field, its header and, where the field says so, to its row; and to the caller's context.
/// Buffers for input and output must not overlap.
public final class FieldCipher {
    public struct Options: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Values are bound to their record id, which every call must state.
        public static let rowBound = Options(rawValue: 1)
        /// A key per record is derived; every call must state the record id.
        public static let recordKeys = Options(rawValue: 2)
    }

    /// The longest context, in bytes.
    public static let maximumContextCount = 4096

    public let field: ObjectID
    public let version: KeyVersion
    public let suite: CipherSuite
    public let options: Options

    /// - Parameter key: the field encryption key, 32 bytes; use keys are derived from it and it is not kept.
    /// - Throws: ``CryptoError`` `.parameter` for suite 5 with row binding or record keys.
    public init(
        key: borrowing SecretBytes, version: KeyVersion, field: ObjectID, suite: CipherSuite, options: Options
    ) throws(CryptoError) { throw CryptoError(.library) }

    /// The size of a sealed value in its binary form; nil when the plaintext is too long.
    public func sealedCount(plaintextCount: Int) -> Int? {
        guard (0...CipherSuite.maximumPlaintextCount).contains(plaintextCount) else { return nil }
        return CiphertextHeader.byteCount + suite.overhead + plaintextCount
    }

    /// The size of the plaintext in a sealed value of this size; nil when it cannot be one of this suite.
    public func openedCount(sealedCount: Int) -> Int? {
        let count = sealedCount - CiphertextHeader.byteCount - suite.overhead
        return (0...CipherSuite.maximumPlaintextCount).contains(count) ? count : nil
    }

    /// Seals a value.
    ///
    /// - Parameters:
    ///   - recordID: the encoding of ``RecordIdentifier``; nil where there is none. Ignored unless the options ask for it.
    ///   - context: what else the value is bound to; nil and empty differ.
    ///   - output: exactly ``sealedCount(plaintextCount:)`` bytes.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        nonces: NonceSource, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {}

    /// Opens a sealed value in its binary form; on failure the output is wiped.
    ///
    /// - Parameter output: exactly ``openedCount(sealedCount:)`` bytes.
    /// - Throws: ``CryptoError``; `isRejection` tells the ciphertext's fault from the caller's.
    public func open(
        _ sealed: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {}
}
