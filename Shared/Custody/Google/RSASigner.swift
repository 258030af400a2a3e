internal import CFieldsealOpenSSL
internal import FieldsealSecureMemory

/// An RSA private key that signs by RSASSA-PKCS1-v1_5 with SHA-256 (RS256, RFC 7518). It stays on libcrypto's heap, which
/// the servers keep in locked memory.
final class RSASigner: @unchecked Sendable {
    // Sendable: the key does not change, and libcrypto locks what it caches in it.
    private let key: OpaquePointer

    /// - Parameter text: PEM, PKCS #8 or PKCS #1, not encrypted. Nil where it holds no RSA key of 2,048 to 8,192 bits.
    init?(pem text: borrowing SecretBytes) {
        let key = text.withUnsafeBytes { text -> OpaquePointer? in
            guard let count = Int32(exactly: text.count), let memory = BIO_new_mem_buf(text.baseAddress, count) else {
                return nil
            }
            defer { BIO_free(memory) }
            // No passphrase: the callback answers that there is none.
            return PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, (2_048...8_192).contains(EVP_PKEY_get_bits(key)) else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Nil where libcrypto fails.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { return cleared() }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { return cleared() }
        return Array(signature.prefix(count))
    }

    private func cleared() -> [UInt8]? {
        ERR_clear_error()
        return nil
    }
}
