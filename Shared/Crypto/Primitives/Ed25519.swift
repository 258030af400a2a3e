internal import CFieldsealOpenSSL
public import FieldsealSecureMemory

/// An Ed25519 private key (RFC 8032, PureEdDSA) in locked memory.
///
/// Sendable unchecked: libcrypto's key is made in `init`, never changed, and may be used by several threads at once
/// (OpenSSL's manual, openssl-threads(7)).
public final class Ed25519PrivateKey: @unchecked Sendable {
    public static let seedCount = 32

    private let key: OpaquePointer
    /// 32 bytes.
    public let publicKey: Ed25519PublicKey

    /// - Parameter seed: 32 bytes.
    /// - Throws: ``CryptoError`` `.key` for another number of bytes.
    public init(seed: borrowing SecretBytes) throws(CryptoError) {
        guard seed.count == Self.seedCount else { throw CryptoError(.key) }
        let key = try seed.withUnsafeBytes { seed throws(CryptoError) in
            try check(
                EVP_PKEY_new_raw_private_key(
                    EVP_PKEY_ED25519, nil, seed.baseAddress?.assumingMemoryBound(to: UInt8.self), seed.count))
        }
        var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, let publicKey = Ed25519PublicKey(bytes) else {
            EVP_PKEY_free(key)
            throw CryptoError(.library)
        }
        (self.key, self.publicKey) = (key, publicKey)
    }

    deinit { EVP_PKEY_free(key) }

    /// - Returns: 64 bytes.
    public func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try check(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        try check(EVP_DigestSignInit(context, nil, nil, nil, key))
        var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureCount)
        var count = signature.count
        try check(EVP_DigestSign(context, &signature, &count, message, message.count))
        guard count == signature.count else { throw CryptoError(.library) }
        return signature
    }
}

/// An Ed25519 public key (RFC 8032).
public struct Ed25519PublicKey: Hashable, Sendable {
    public static let byteCount = 32
    public static let signatureCount = 64

    public let bytes: [UInt8]

    /// Nil where there are not 32 bytes. Bytes that are no point of the curve verify nothing.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Whether the 64 bytes are the key's signature of the message.
    /// - Throws: ``CryptoError`` `.library` where libcrypto cannot say.
    public func isValid(_ signature: [UInt8], of message: [UInt8]) throws(CryptoError) -> Bool {
        guard signature.count == Self.signatureCount else { return false }
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            ERR_clear_error()
            return false
        }
        defer { EVP_PKEY_free(key) }
        let context = try check(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        try check(EVP_DigestVerifyInit(context, nil, nil, nil, key))
        let isValid = EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }
}
