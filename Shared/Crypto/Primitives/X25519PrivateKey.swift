internal import CFieldsealOpenSSL
internal import CFieldsealPlatform
internal import FieldsealSecureMemory

/// An X25519 private key (RFC 7748).
struct X25519PrivateKey: ~Copyable, Sendable {
    static let byteCount = 32

    private let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) throws(CryptoError) {
        guard bytes.count == Self.byteCount else { throw CryptoError(.key) }
        self.bytes = bytes
    }

    static func random() throws(CryptoError) -> X25519PrivateKey {
        try X25519PrivateKey(SecretBytes.drawn(byteCount))
    }

    func publicKey() throws(CryptoError) -> [UInt8] {
        let key = try makeLibraryKey()
        defer { EVP_PKEY_free(key) }
        var output = [UInt8](repeating: 0, count: 32)
        var count = output.count
        try check(EVP_PKEY_get_raw_public_key(key, &output, &count))
        guard count == 32 else { throw CryptoError(.library) }
        return output
    }

    /// - Throws: ``CryptoError`` `.key` when `peer` is not 32 bytes or is of low order (the secret would be zero).
    func sharedSecret(with peer: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard peer.count == 32 else { throw CryptoError(.key) }
        defer { fieldseal_wipe_stack() }
        let key = try makeLibraryKey()
        defer { EVP_PKEY_free(key) }
        let peerKey = try check(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, peer, peer.count))
        defer { EVP_PKEY_free(peerKey) }
        let context = try check(EVP_PKEY_CTX_new(key, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_derive_init(context))
        try check(EVP_PKEY_derive_set_peer(context, peerKey), else: .key)
        var secret = try SecretBytes.zeros(32)
        try secret.withUnsafeMutableBytes { secret throws(CryptoError) in
            var count = secret.count
            try check(
                EVP_PKEY_derive(context, secret.baseAddress?.assumingMemoryBound(to: UInt8.self), &count), else: .key)
            guard count == 32 else { throw CryptoError(.library) }
        }
        return secret
    }

    private func makeLibraryKey() throws(CryptoError) -> OpaquePointer {
        try bytes.withUnsafeBytes { bytes throws(CryptoError) in
            try check(
                EVP_PKEY_new_raw_private_key(
                    EVP_PKEY_X25519, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
        }
    }
}
