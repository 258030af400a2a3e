public import FieldsealSecureMemory

/// A keyed hash of a value, or a filter of keyed hashes of its parts, by which rows are found without decrypting. Equal values
/// have equal indexes: it leaks frequencies; of a filter, those of parts. For one event loop alone.
public final class BlindIndex {
    /// The largest number of bits of an index that is no filter.
    public static let maximumBits = 256

    private static let label: StaticString = "fieldseal/v1 index"
    public let byteCount: Int
    public let bits: Int
    public let normaliser: IndexNormaliser
    public let kind: IndexKind

    private let mac: HMACSHA256
    private var filter: TextFilter { TextFilter(kind: kind, bits: bits, mac: mac) }

    /// - Parameters:
    ///   - key: the index key, 32 bytes.
    ///   - id: the index's id.
    ///   - bits: 1 to 256, of a filter 64 to 4,096; fewer bits hide more and need filtering after decryption.
    /// - Throws: ``CryptoError`` `.parameter` when the kind has no such bits or normaliser.
    public init(
        key: borrowing SecretBytes, id: ObjectID, normaliser: IndexNormaliser, bits: Int, kind: IndexKind = .equality
    ) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        guard kind.allows(bits: bits), kind.allows(normaliser) else { throw CryptoError(.parameter) }
        self.bits = bits
        self.normaliser = normaliser
        self.kind = kind
        byteCount = (bits + 7) / 8
        var info: [UInt8] = []
        info.append(label: Self.label)
        info.append(id: id)
        info.append(contentsOf: [normaliser.rawValue, normaliser.version])
        info.append(contentsOf: kind.info)
        info.append(bigEndian: UInt16(bits))
        mac = try HMACSHA256(key: HKDF.expand(key, info: info, count: 32))
    }

    /// Writes the index of `value` to the front of `output`: `byteCount` bytes, the leading bits of the MAC, or the filter;
    /// unused bits of the last byte are zero.
    ///
    /// - Throws: ``CryptoError`` `.text` when the normaliser or the kind demands UTF-8 and `value` is not; `.size`.
    public func compute(
        _ value: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard value.count <= CipherSuite.maximumPlaintextCount, output.count >= byteCount else {
            throw CryptoError(.size)
        }
        guard !kind.isPair else { throw CryptoError(.parameter) }
        guard !kind.isFilter else { return try computeFilter(of: value, as: .whole, into: output) }
        try update(normaliser, value)
        try finish(into: output)
    }

    /// Writes the index of the values of two fields; `output` as for one.
    ///
    /// - Throws: as for one; ``CryptoError`` `.parameter` when the index is not of two.
    public func compute(
        _ value: UnsafeRawBufferPointer, beside other: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard case .pair(let otherNormaliser) = kind else { throw CryptoError(.parameter) }
        guard value.count <= CipherSuite.maximumPlaintextCount, other.count <= CipherSuite.maximumPlaintextCount,
            output.count >= byteCount
        else { throw CryptoError(.size) }
        // Both are normalised first: a failure leaves nothing behind in the MAC.
        var first = try normaliser.normalise(value)
        defer { first.withMutableBytes { wipe($0) } }
        var second = try otherNormaliser.normalise(other)
        defer { second.withMutableBytes { wipe($0) } }
        for text in [first, second] {
            var count: [UInt8] = []
            count.append(bigEndian: UInt32(text.count))
            try mac.update(count)
            try mac.update(text)
        }
        try finish(into: output)
    }

    private func update(_ normaliser: IndexNormaliser, _ value: UnsafeRawBufferPointer) throws(CryptoError) {
        guard normaliser != .none else { return try mac.update(value) }
        var text = try normaliser.normalise(value)
        defer { text.withMutableBytes { wipe($0) } }
        try mac.update(text)
    }

    private func finish(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        var whole = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        try withUnsafeMutableBytes(of: &whole) { whole throws(CryptoError) in
            try mac.finish(into: whole)
            if bits % 8 > 0 { whole[byteCount - 1] &= ~(0xFF >> UInt8(bits % 8)) }
            output.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[..<byteCount]))
        }
    }

    /// Writes the bits that a value's filter has where it begins with `term`, of a prefix index, or contains it, of a trigram
    /// index; others may have them too. `output` as for a value.
    ///
    /// - Throws: ``CryptoError`` `.parameter` when the index is no filter, `.term` when the term is too short, `.text`, `.size`.
    public func compute(
        term: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard kind.isFilter else { throw CryptoError(.parameter) }
        guard term.count <= CipherSuite.maximumPlaintextCount, output.count >= byteCount else {
            throw CryptoError(.size)
        }
        var part = IndexNormaliser.Part.middle
        if case .prefix = kind { part = .start }
        try computeFilter(of: term, as: part, into: output)
    }

    private func computeFilter(
        of text: UnsafeRawBufferPointer, as part: IndexNormaliser.Part, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        var scalars = try normaliser.normalise(text, as: part)
        defer { scalars.withUnsafeMutableBytes { wipe($0) } }
        guard part == .whole || scalars.count >= filter.shortestTerm else { throw CryptoError(.term) }
        try filter.compute(scalars, into: UnsafeMutableRawBufferPointer(rebasing: output[..<byteCount]))
    }

    public func compute(_ value: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        var index = [UInt8](repeating: 0, count: byteCount)
        try index.withMutableBytes { index throws(CryptoError) in try compute(value, into: index) }
        return index
    }
}
