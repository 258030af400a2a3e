internal import CFieldsealOpenSSL

/// A keyed EVP MAC context, reusable after each `finish`. Not thread-safe.
final class MACContext {
    private let context: OpaquePointer

    private init(_ algorithm: OpaquePointer?) throws(CryptoError) {
        context = try check(EVP_MAC_CTX_new(check(algorithm)))
    }

    private init(copying other: MACContext) throws(CryptoError) {
        context = try check(EVP_MAC_CTX_dup(other.context))
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Has its digest, which libcrypto looks up by name, and is copied only.
    nonisolated(unsafe) private static let hmacSHA256: MACContext? = {
        let mac = try? MACContext(Algorithm.hmac)
        try? mac?.setKey(.empty, parameter: OSSL_MAC_PARAM_DIGEST, value: "SHA256")
        return mac
    }()

    static func hmacSHA256(key: UnsafeRawBufferPointer) throws(CryptoError) -> MACContext {
        let mac = try MACContext(copying: check(hmacSHA256))
        if !key.isEmpty { try mac.setKey(key) }
        return mac
    }

    /// - Parameter key: 32 bytes.
    static func cmacAES256(key: UnsafeRawBufferPointer) throws(CryptoError) -> MACContext {
        guard key.count == 32 else { throw CryptoError(.key) }
        let mac = try MACContext(Algorithm.cmac)
        try mac.setKey(key, parameter: OSSL_MAC_PARAM_CIPHER, value: "AES-256-CBC")
        return mac
    }

    private func setKey(
        _ key: UnsafeRawBufferPointer, parameter: String, value: String
    ) throws(CryptoError) {
        // HMAC pads keys with zeros: the empty key and a zero byte are the same key, but NULL means "no new key".
        let result = withUnsafeBytes(of: UInt8(0)) { zero in
            let key = key.isEmpty ? zero : key
            return parameter.withCString { parameter in
                var value = Array(value.utf8CString)
                return value.withUnsafeMutableBufferPointer { value in
                    var parameters = [
                        OSSL_PARAM_construct_utf8_string(parameter, value.baseAddress, 0), OSSL_PARAM_construct_end(),
                    ]
                    return EVP_MAC_init(
                        context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, &parameters)
                }
            }
        }
        try check(result)
    }

    /// Replaces the key.
    func setKey(_ key: UnsafeRawBufferPointer) throws(CryptoError) {
        guard key.count > 0 else { throw CryptoError(.key) }
        try check(EVP_MAC_init(context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, nil))
    }

    func update(_ part: UnsafeRawBufferPointer) throws(CryptoError) {
        guard part.count > 0 else { return }
        let bytes = part.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_MAC_update(context, bytes, part.count) == 1 else { throw abandonedMessage() }
    }

    /// Writes the whole MAC (32 bytes of HMAC, 16 of CMAC) to `output` and makes ready for the next message.
    func finish(into output: UnsafeMutableRawPointer, count: Int) throws(CryptoError) {
        var written = 0
        let isFinished = EVP_MAC_final(context, output.assumingMemoryBound(to: UInt8.self), &written, count) == 1
        guard isFinished, written == count else { throw abandonedMessage() }
        try check(EVP_MAC_init(context, nil, 0, nil))
    }

    /// Forgets what was fed, so that a failure does not spoil the next message.
    private func abandonedMessage() -> CryptoError {
        _ = EVP_MAC_init(context, nil, 0, nil)
        ERR_clear_error()
        return CryptoError(.library)
    }
}
