internal import CFieldsealOpenSSL

/// libcrypto's algorithms, fetched once. They are immutable and shared by all threads.
enum Algorithm {
    nonisolated(unsafe) static let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    nonisolated(unsafe) static let chaCha20Poly1305 = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    nonisolated(unsafe) static let aes256ECB = EVP_CIPHER_fetch(nil, "AES-256-ECB", nil)
    nonisolated(unsafe) static let aes256CTR = EVP_CIPHER_fetch(nil, "AES-256-CTR", nil)
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
    nonisolated(unsafe) static let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
    nonisolated(unsafe) static let cmac = EVP_MAC_fetch(nil, "CMAC", nil)
}
