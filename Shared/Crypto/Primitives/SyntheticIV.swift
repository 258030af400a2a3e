internal import CFieldsealOpenSSL
internal import CFieldsealPlatform
internal import FieldsealSecureMemory

/// AES-256-SIV (RFC 5297) over exactly one associated-data string and a plaintext: S2V on CMAC, then AES-256-CTR.
///
/// The tag is the synthetic IV. Not thread-safe.
final class SyntheticIV {
    private let mac: MACContext
    private let stream: OpaquePointer
    /// dbl(CMAC(zero block)), the start of every S2V.
    private let start: Block

    /// - Parameter key: 64 bytes: 32 for S2V, 32 for CTR.
    init(key: UnsafeRawBufferPointer) throws(CryptoError) {
        guard key.count == 64, let bytes = key.baseAddress else { throw CryptoError(.key) }
        let algorithm = try check(Algorithm.aes256CTR)
        mac = try MACContext.cmacAES256(key: UnsafeRawBufferPointer(rebasing: key[..<32]))
        var zero = (UInt64(0), UInt64(0))
        start = try withUnsafeMutableBytes(of: &zero) { [mac] zero throws(CryptoError) in
            guard let block = zero.baseAddress else { throw CryptoError(.size) }
            try mac.update(UnsafeRawBufferPointer(zero))
            try mac.finish(into: block, count: 16)
            return Block(block).doubled
        }
        stream = try check(EVP_CIPHER_CTX_new())
        let second = (bytes + 32).assumingMemoryBound(to: UInt8.self)
        try check(EVP_EncryptInit_ex(stream, algorithm, nil, second, nil))
    }

    deinit { EVP_CIPHER_CTX_free(stream) }

    func seal(
        associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        ciphertext: UnsafeMutableRawPointer, tag: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        try synthesize(associatedData, plaintext).write(to: tag)
        try applyStream(tag, plaintext, into: ciphertext)
    }

    func open(
        associatedData: UnsafeRawBufferPointer, ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawPointer,
        plaintext: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        do throws(CryptoError) {
            try applyStream(tag, ciphertext, into: plaintext)
            let opened = UnsafeRawBufferPointer(start: plaintext, count: ciphertext.count)
            let difference = try synthesize(associatedData, opened) ^ Block(tag)
            guard difference.high | difference.low == 0 else { throw CryptoError(.tag) }
        } catch {
            fieldseal_wipe(plaintext, ciphertext.count)
            throw error
        }
    }

    /// S2V(associated data, plaintext), RFC 5297 section 2.4.
    private func synthesize(
        _ associatedData: UnsafeRawBufferPointer, _ plaintext: UnsafeRawBufferPointer
    ) throws(CryptoError) -> Block {
        try mac.update(associatedData)
        let sum = try start ^ finishMAC()
        if plaintext.count >= 16, let bytes = plaintext.baseAddress {
            let front = plaintext.count - 16
            try mac.update(UnsafeRawBufferPointer(start: bytes, count: front))
            try updateMAC(Block(bytes + front) ^ sum)
        } else {
            try updateMAC(Self.padded(plaintext) ^ sum.doubled)
        }
        return try finishMAC()
    }

    /// The bytes, a one bit and zeros.
    private static func padded(_ bytes: UnsafeRawBufferPointer) -> Block {
        var block = Block()
        for index in 0..<16 {
            let byte: UInt8 = index < bytes.count ? bytes[index] : index == bytes.count ? 0x80 : 0
            block = Block(high: block.high << 8 | block.low >> 56, low: block.low << 8 | UInt64(byte))
        }
        return block
    }

    private func updateMAC(_ block: Block) throws(CryptoError) {
        var bytes = (block.high.bigEndian, block.low.bigEndian)
        defer { withUnsafeMutableBytes(of: &bytes) { wipe($0) } }
        try withUnsafeBytes(of: bytes) { bytes throws(CryptoError) in try mac.update(bytes) }
    }

    private func finishMAC() throws(CryptoError) -> Block {
        var bytes = (UInt64(0), UInt64(0))
        return try withUnsafeMutableBytes(of: &bytes) { bytes throws(CryptoError) in
            guard let block = bytes.baseAddress else { throw CryptoError(.size) }
            try mac.finish(into: block, count: 16)
            return Block(block)
        }
    }

    /// AES-256-CTR from the tag with the top bit of its last two 32-bit words cleared.
    private func applyStream(
        _ tag: UnsafeRawPointer, _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        guard input.count > 0 else { return }
        let block = Block(tag)
        let counter = (block.high.bigEndian, (block.low & 0x7FFF_FFFF_7FFF_FFFF).bigEndian)
        try withUnsafeBytes(of: counter) { counter throws(CryptoError) in
            try check(
                EVP_EncryptInit_ex(
                    stream, nil, nil, nil, counter.baseAddress?.assumingMemoryBound(to: UInt8.self)))
        }
        var written: Int32 = 0
        try check(
            EVP_EncryptUpdate(
                stream, output.assumingMemoryBound(to: UInt8.self), &written,
                input.baseAddress?.assumingMemoryBound(to: UInt8.self), length(input.count)))
        guard Int(written) == input.count else { throw CryptoError(.library) }
    }
}
