internal import CFieldsealOpenSSL
internal import CFieldsealPlatform

/// A keyed EVP context of AES-256-GCM or ChaCha20-Poly1305, with 96-bit nonces and 128-bit tags. Not thread-safe.
final class AEADContext {
    private let context: OpaquePointer

    init(_ algorithm: OpaquePointer?) throws(CryptoError) {
        let algorithm = try check(algorithm)
        context = try check(EVP_CIPHER_CTX_new())
        try check(EVP_CipherInit_ex(context, algorithm, nil, nil, nil, 1))
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// - Parameter key: 32 bytes.
    func setKey(_ key: UnsafeRawPointer) throws(CryptoError) {
        try check(EVP_CipherInit_ex(context, nil, nil, key.assumingMemoryBound(to: UInt8.self), nil, 1))
    }

    /// Seals under the key, or re-keys to `key` where one is given.
    ///
    /// - Parameters:
    ///   - nonce: 12 bytes.
    ///   - ciphertext: room for as many bytes as the plaintext has.
    ///   - tag: room for 16 bytes.
    func seal(
        key: UnsafeRawPointer? = nil, nonce: UnsafeRawPointer, associatedData: UnsafeRawBufferPointer,
        plaintext: UnsafeRawBufferPointer, ciphertext: UnsafeMutableRawPointer, tag: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        try begin(key: key, nonce: nonce, associatedData: associatedData, sealing: 1)
        try transform(plaintext, into: ciphertext)
        var rest: Int32 = 0
        try check(EVP_CipherFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &rest))
        try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag))
    }

    /// Opens; answers whether the tag holds, and wipes `plaintext` where it does not.
    func open(
        key: UnsafeRawPointer? = nil, nonce: UnsafeRawPointer, associatedData: UnsafeRawBufferPointer,
        ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawPointer, plaintext: UnsafeMutableRawPointer
    ) throws(CryptoError) -> Bool {
        do throws(CryptoError) {
            try begin(key: key, nonce: nonce, associatedData: associatedData, sealing: 0)
            try transform(ciphertext, into: plaintext)
            try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, UnsafeMutableRawPointer(mutating: tag)))
        } catch {
            fieldseal_wipe(plaintext, ciphertext.count)
            throw error
        }
        // Nothing is left to write: both are stream modes.
        var none: (UInt64, UInt64) = (0, 0)
        var rest: Int32 = 0
        let holds = withUnsafeMutableBytes(of: &none) { none in
            EVP_CipherFinal_ex(context, none.baseAddress?.assumingMemoryBound(to: UInt8.self), &rest) == 1
        }
        guard holds else {
            ERR_clear_error()
            fieldseal_wipe(plaintext, ciphertext.count)
            return false
        }
        return true
    }

    private func begin(
        key: UnsafeRawPointer?, nonce: UnsafeRawPointer, associatedData: UnsafeRawBufferPointer, sealing: Int32
    ) throws(CryptoError) {
        try check(
            EVP_CipherInit_ex(
                context, nil, nil, key?.assumingMemoryBound(to: UInt8.self), nonce.assumingMemoryBound(to: UInt8.self),
                sealing))
        guard associatedData.count > 0 else { return }
        var written: Int32 = 0
        let data = associatedData.baseAddress?.assumingMemoryBound(to: UInt8.self)
        try check(EVP_CipherUpdate(context, nil, &written, data, length(associatedData.count)))
    }

    private func transform(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) throws(CryptoError) {
        guard input.count > 0 else { return }
        var written: Int32 = 0
        try check(
            EVP_CipherUpdate(
                context, output.assumingMemoryBound(to: UInt8.self), &written,
                input.baseAddress?.assumingMemoryBound(to: UInt8.self), length(input.count)))
        guard Int(written) == input.count else { throw CryptoError(.library) }
    }
}
