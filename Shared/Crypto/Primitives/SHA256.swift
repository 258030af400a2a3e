/// SHA-256 (FIPS 180-4) over data that comes in parts. Not thread-safe; reusable after ``finish(into:)``.
public final class SHA256 {
    public static let byteCount = 32

    public init() throws(CryptoError) { throw CryptoError(.library) }

    public func update(_ part: UnsafeRawBufferPointer) throws(CryptoError) {}
    public func update(_ part: [UInt8]) throws(CryptoError) {}

    /// Writes the 32 bytes to the front of `output` and starts over.
    public func finish(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {}
    public func finish() throws(CryptoError) -> [UInt8] { throw CryptoError(.library) }

    public static func hash(_ data: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        throw CryptoError(.library)
    }
    public static func hash(_ data: [UInt8]) throws(CryptoError) -> [UInt8] { throw CryptoError(.library) }
}
