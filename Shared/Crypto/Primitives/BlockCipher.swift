internal import CFieldsealOpenSSL

/// AES-256 as a keyed permutation of 16-byte blocks. Not thread-safe.
final class BlockCipher {
    static let blockCount = 16

    private let context: OpaquePointer

    init() throws(CryptoError) {
        let algorithm = try check(Algorithm.aes256ECB)
        context = try check(EVP_CIPHER_CTX_new())
        try check(EVP_EncryptInit_ex(context, algorithm, nil, nil, nil))
        try check(EVP_CIPHER_CTX_set_padding(context, 0))
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// - Parameter key: 32 bytes.
    func setKey(_ key: UnsafeRawPointer) throws(CryptoError) {
        try check(EVP_EncryptInit_ex(context, nil, nil, key.assumingMemoryBound(to: UInt8.self), nil))
    }

    /// Encrypts whole blocks in place.
    func encrypt(_ blocks: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        let start = blocks.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        try check(EVP_EncryptUpdate(context, start, &written, start, length(blocks.count)))
        guard Int(written) == blocks.count else { throw CryptoError(.library) }
    }
}

/// A 128-bit block as a polynomial over GF(2), for the subkeys of CMAC.
struct Block: Equatable {
    var high: UInt64 = 0
    var low: UInt64 = 0

    @inline(__always)
    init(high: UInt64 = 0, low: UInt64 = 0) {
        self.high = high
        self.low = low
    }

    /// Reads 16 bytes.
    @inline(__always)
    init(_ bytes: UnsafeRawPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    @inline(__always)
    func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// Multiplied by x, in constant time (`dbl` in RFC 5297, NIST SP 800-38B).
    @inline(__always)
    var doubled: Block {
        let reduction = 0x87 & (0 &- (high >> 63))
        return Block(high: high << 1 | low >> 63, low: (low << 1) ^ reduction)
    }

    @inline(__always)
    static func ^ (left: Block, right: Block) -> Block {
        Block(high: left.high ^ right.high, low: left.low ^ right.low)
    }
}
