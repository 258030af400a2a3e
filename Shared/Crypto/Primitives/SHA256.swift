internal import CFieldsealOpenSSL

/// SHA-256 (FIPS 180-4) over data that comes in parts. Not thread-safe; reusable after ``finish(into:)``.
public final class SHA256 {
    public static let byteCount = 32

    private let context: OpaquePointer

    public init() throws(CryptoError) {
        let algorithm = try check(Algorithm.sha256)
        context = try check(EVP_MD_CTX_new())
        try check(EVP_DigestInit_ex(context, algorithm, nil))
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ part: UnsafeRawBufferPointer) throws(CryptoError) {
        guard part.count > 0 else { return }
        try check(EVP_DigestUpdate(context, part.baseAddress, part.count))
    }

    public func update(_ part: [UInt8]) throws(CryptoError) {
        try part.withBytes { part throws(CryptoError) in try update(part) }
    }

    /// Writes the 32 bytes to the front of `output` and starts over.
    public func finish(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard output.count >= Self.byteCount else { throw CryptoError(.size) }
        try check(EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil))
        try check(EVP_DigestInit_ex(context, nil, nil))
    }

    public func finish() throws(CryptoError) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: Self.byteCount)
        try hash.withMutableBytes { hash throws(CryptoError) in try finish(into: hash) }
        return hash
    }

    public static func hash(_ data: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        let hasher = try SHA256()
        try hasher.update(data)
        return try hasher.finish()
    }

    public static func hash(_ data: [UInt8]) throws(CryptoError) -> [UInt8] {
        try data.withBytes { data throws(CryptoError) in try hash(data) }
    }
}
