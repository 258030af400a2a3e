public import FieldsealSecureMemory

/// HMAC-SHA256 (RFC 2104) under one key, keyed once. Not thread-safe; reusable after ``finish(into:)``.
public final class HMACSHA256 {
    public static let byteCount = 32

    private let context: MACContext

    public init(key: borrowing SecretBytes) throws(CryptoError) {
        context = try key.withUnsafeBytes { key throws(CryptoError) in try MACContext.hmacSHA256(key: key) }
    }

    init(key: UnsafeRawBufferPointer) throws(CryptoError) {
        context = try MACContext.hmacSHA256(key: key)
    }

    /// Replaces the key by one of at least one byte.
    func setKey(_ key: UnsafeRawBufferPointer) throws(CryptoError) { try context.setKey(key) }

    public func update(_ part: UnsafeRawBufferPointer) throws(CryptoError) { try context.update(part) }

    public func update(_ part: [UInt8]) throws(CryptoError) {
        try part.withBytes { part throws(CryptoError) in try context.update(part) }
    }

    /// Writes the 32 bytes to the front of `output` and starts over.
    public func finish(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard output.count >= Self.byteCount, let start = output.baseAddress else { throw CryptoError(.size) }
        try context.finish(into: start, count: Self.byteCount)
    }

    public func finish() throws(CryptoError) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: Self.byteCount)
        try mac.withMutableBytes { mac throws(CryptoError) in try finish(into: mac) }
        return mac
    }
}
