internal import CFieldsealOpenSSL
internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// A key from a passphrase (RFC 7914), for the embedded custody of the master key.
public struct Scrypt: Hashable, Sendable {
    /// Bytes of the salt.
    public static let saltCount = 32
    /// r: fixed.
    public static let blockSize: UInt8 = 8
    /// The longest passphrase, in bytes.
    public static let maximumPassphraseCount = 1024

    /// N is two to this power: 17 to 20. Takes 1 KiB · N of memory (128 MiB to 1 GiB).
    public let costExponent: UInt8
    /// p: 1 to 4.
    public let parallelism: UInt8

    /// - Throws: ``CryptoError`` `.parameter` when out of bounds.
    public init(costExponent: UInt8 = 17, parallelism: UInt8 = 1) throws(CryptoError) {
        guard (17...20).contains(costExponent), (1...4).contains(parallelism) else { throw CryptoError(.parameter) }
        self.costExponent = costExponent
        self.parallelism = parallelism
    }

    /// 32 bytes. Blocks its thread for half a second and more.
    ///
    /// - Parameters:
    ///   - passphrase: 1 to 1,024 bytes.
    ///   - salt: 32 random bytes, stored beside the wrapped key.
    /// - Throws: ``CryptoError`` `.parameter` or, when there is not enough memory, `.library`.
    public func deriveKey(passphrase: borrowing SecretBytes, salt: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard (1...Self.maximumPassphraseCount).contains(passphrase.count), salt.count == Self.saltCount else {
            throw CryptoError(.parameter)
        }
        return try Self.derive(
            passphrase, salt: salt, cost: 1 << UInt64(costExponent), blockSize: UInt64(Self.blockSize),
            parallelism: UInt64(parallelism), count: KeyDerivation.keyCount)
    }

    /// scrypt with free parameters.
    static func derive(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], cost: UInt64, blockSize: UInt64, parallelism: UInt64,
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        defer { fieldseal_wipe_stack() }
        var key = try SecretBytes.zeros(count)
        let result = key.withUnsafeMutableBytes { key in
            passphrase.withUnsafeBytes { passphrase in
                // NULL asks libcrypto for nothing but a check of the parameters; the empty text is not NULL.
                let text = passphrase.baseAddress ?? UnsafeRawPointer(key.baseAddress)
                return EVP_PBE_scrypt(
                    text?.assumingMemoryBound(to: CChar.self), passphrase.count, salt, salt.count, cost, blockSize,
                    parallelism, 2 << 30, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count)
            }
        }
        try check(result)
        return key
    }
}
