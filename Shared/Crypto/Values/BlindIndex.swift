public import FieldsealSecureMemory

/// A keyed hash of a value by which rows are found without decrypting. Equal values have equal indexes: it leaks
/// frequencies. For one event loop alone.
public final class BlindIndex {
    /// The largest number of bits.
    public static let maximumBits = 256

    private static let label: StaticString = "fieldseal/v1 index"
    /// What the index is searched for; only equality so far.
    private static let equality: UInt8 = 1

    public let byteCount: Int
    public let bits: Int
    public let normaliser: IndexNormaliser

    private let mac: HMACSHA256

    /// - Parameters:
    ///   - key: the index key, 32 bytes.
    ///   - id: the index's id.
    ///   - bits: 1 to 256; fewer bits hide more and need filtering after decryption.
    /// - Throws: ``CryptoError`` `.parameter` when `bits` is out of bounds.
    public init(key: borrowing SecretBytes, id: ObjectID, normaliser: IndexNormaliser, bits: Int) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        guard (1...Self.maximumBits).contains(bits) else { throw CryptoError(.parameter) }
        self.bits = bits
        self.normaliser = normaliser
        byteCount = (bits + 7) / 8
        var info: [UInt8] = []
        info.append(label: Self.label)
        info.append(id: id)
        info.append(contentsOf: [normaliser.rawValue, normaliser.version, Self.equality])
        info.append(bigEndian: UInt16(bits))
        mac = try HMACSHA256(key: HKDF.expand(key, info: info, count: 32))
    }

    /// Writes the index of `value` to the front of `output`: `byteCount` bytes, the leading bits of the MAC; unused bits
    /// of the last byte are zero.
    ///
    /// - Throws: ``CryptoError`` `.text` when the normaliser demands UTF-8 and `value` is not; `.size`.
    public func compute(
        _ value: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard value.count <= CipherSuite.maximumPlaintextCount, output.count >= byteCount else {
            throw CryptoError(.size)
        }
        if normaliser == .none {
            try mac.update(value)
        } else {
            var text = try normaliser.normalise(value)
            defer { text.withMutableBytes { wipe($0) } }
            try mac.update(text)
        }
        var whole = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        try withUnsafeMutableBytes(of: &whole) { whole throws(CryptoError) in
            try mac.finish(into: whole)
            if bits % 8 > 0 { whole[byteCount - 1] &= ~(0xFF >> UInt8(bits % 8)) }
            output.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[..<byteCount]))
        }
    }

    public func compute(_ value: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        var index = [UInt8](repeating: 0, count: byteCount)
        try index.withMutableBytes { index throws(CryptoError) in try compute(value, into: index) }
        return index
    }
}
