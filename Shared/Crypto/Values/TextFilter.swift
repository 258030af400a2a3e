import FieldsealSecureMemory

/// A Bloom filter of the parts of a text by which it is found.
struct TextFilter {
    /// Code points of the longest text that has a filter of its own: a longer one has all bits set, so that it is found by
    /// whatever it is searched for.
    static let longestText = 2_048

    let kind: IndexKind
    let bits: Int
    let mac: HMACSHA256

    /// Code points of the shortest text that can be looked for.
    var shortestTerm: Int {
        switch kind {
        case .equality, .pair: 0
        case .prefix(let lengths, _): lengths.lowerBound
        case .trigram: IndexKind.trigramLength
        }
    }

    /// Sets bits in `output`, of ⌈bits/8⌉ bytes; bit 0 is the highest of the first byte.
    func compute(_ scalars: [UInt32], into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        output.initializeMemory(as: UInt8.self, repeating: 0)
        switch kind {
        case .equality, .pair: throw CryptoError(.parameter)
        case .prefix(let lengths, let hashes):
            try mark(scalars.prefix(lengths.upperBound), hashes, in: output) { end in
                end >= lengths.lowerBound ? 0 : nil
            }
        case .trigram(let hashes):
            guard scalars.count <= Self.longestText else {
                output.initializeMemory(as: UInt8.self, repeating: 0xFF)
                return
            }
            try mark(scalars[...], hashes, in: output) { end in
                end >= IndexKind.trigramLength ? end - IndexKind.trigramLength : nil
            }
        }
    }

    /// - Parameter start: where the part begins that ends before this code point; nil for none.
    private func mark(
        _ scalars: ArraySlice<UInt32>, _ hashes: Int, in output: UnsafeMutableRawBufferPointer,
        _ start: (_ end: Int) -> Int?
    ) throws(CryptoError) {
        var text: [UInt8] = []
        text.reserveCapacity(scalars.count * 4)
        var ends = [0]
        for scalar in scalars {
            IndexNormaliser.append(scalar, to: &text)
            ends.append(text.count)
        }
        defer { text.withMutableBytes { wipe($0) } }
        var hash = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        for end in ends.indices.dropFirst() {
            guard let start = start(end) else { continue }
            try text.withBytes { text throws(CryptoError) in
                try mac.update(UnsafeRawBufferPointer(rebasing: text[ends[start]..<ends[end]]))
            }
            try hash.withMutableBytes { hash throws(CryptoError) in try mac.finish(into: hash) }
            for number in 0..<hashes {
                let word = hash[number * 4..<number * 4 + 4].reduce(0) { $0 << 8 | Int($1) }
                output[word % bits / 8] |= 0x80 >> UInt8(word % bits % 8)
            }
        }
    }
}
