internal import FieldsealCrypto

/// 32 bytes of SHA-256: a node of a Merkle tree, or the hash of a block.
public struct TreeHash: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 32
    public static let zero = Self(words: .zero)

    private let words: SIMD4<UInt64>

    private init(words: SIMD4<UInt64>) { self.words = words }

    /// Copies 32 bytes; nil where there are more or fewer.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        words = bytes.loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// Copies 32 bytes; nil where there are more or fewer.
    public init?(_ bytes: [UInt8]) {
        guard let hash = bytes.withUnsafeBytes({ Self($0) }) else { return nil }
        self = hash
    }

    /// SHA-256 of these bytes.
    public init(sha256 bytes: UnsafeRawBufferPointer) {
        self.init(sha256Of: [bytes])
    }

    /// SHA-256 of these bytes.
    public init(sha256 bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Self(sha256: $0) }
    }

    /// SHA-256 of the prefix, where there is one, and the parts in their order. SHA-256 fails only in a process whose
    /// libcrypto is unusable; that process stops.
    init(prefix: UInt8? = nil, sha256Of parts: [UnsafeRawBufferPointer]) {
        var words = SIMD4<UInt64>.zero
        do throws(CryptoError) {
            let hasher = try SHA256()
            if let prefix { try hasher.update([prefix]) }
            for part in parts { try hasher.update(part) }
            let digest = try hasher.finish()
            digest.withUnsafeBytes { digest in
                if let hash = Self(digest) { words = hash.words }
            }
        } catch {
            fatalError("SHA-256 is not to be had: \(error)")
        }
        self.words = words
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// 64 hexadecimal digits.
    public var description: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 2 ? digits : "0" + digits
        }.joined()
    }
}
