/// The form of a sealed value in text columns: `fs1:` and unpadded base64url (RFC 4648, section 5), canonical only: one
/// text for each value.
public enum TextForm {
    public static let prefix: StaticString = "fs1:"

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    private static let invalid: UInt8 = 0xFF
    /// The six bits of each character.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for value in 0..<64 { values[Int(alphabet.utf8Start[value])] = UInt8(value) }
        return values
    }()

    /// Characters of the text form of `byteCount` bytes.
    public static func encodedCount(byteCount: Int) -> Int { 4 + (byteCount * 4 + 2) / 3 }

    /// Bytes of the binary form of a text of this many characters; nil when there is no such text.
    public static func decodedCount(textCount: Int) -> Int? {
        guard textCount >= 4 else { return nil }
        let (groups, rest) = (textCount - 4).quotientAndRemainder(dividingBy: 4)
        return rest == 1 ? nil : groups * 3 + max(0, rest - 1)
    }

    /// - Parameter output: exactly ``encodedCount(byteCount:)`` bytes, which become ASCII.
    public static func encode(
        _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard sealed.count <= Int.max / 8, output.count == encodedCount(byteCount: sealed.count) else {
            throw CryptoError(.size)
        }
        output.copyBytes(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: 4))
        let digits = alphabet.utf8Start
        var next = 4
        var index = 0
        while index + 2 < sealed.count {
            let group = UInt32(sealed[index]) << 16 | UInt32(sealed[index + 1]) << 8 | UInt32(sealed[index + 2])
            output[next] = digits[Int(group >> 18)]
            output[next + 1] = digits[Int(group >> 12 & 63)]
            output[next + 2] = digits[Int(group >> 6 & 63)]
            output[next + 3] = digits[Int(group & 63)]
            index += 3
            next += 4
        }
        guard index < sealed.count else { return }
        let isPair = index + 1 < sealed.count
        let group = UInt32(sealed[index]) << 16 | (isPair ? UInt32(sealed[index + 1]) << 8 : 0)
        output[next] = digits[Int(group >> 18)]
        output[next + 1] = digits[Int(group >> 12 & 63)]
        if isPair { output[next + 2] = digits[Int(group >> 6 & 63)] }
    }

    /// - Parameter output: exactly ``decodedCount(textCount:)`` bytes.
    /// - Throws: ``CryptoError`` `.malformed` for any text but the one that encoding gives.
    public static func decode(
        _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard let count = decodedCount(textCount: text.count),
            text[..<4].elementsEqual(UnsafeRawBufferPointer(start: prefix.utf8Start, count: 4))
        else { throw CryptoError(.malformed) }
        guard output.count == count else { throw CryptoError(.size) }
        try values.withUnsafeBufferPointer { values throws(CryptoError) in
            var bits: UInt32 = 0
            var held = 0
            var next = 0
            for character in text[4...] {
                let value = values[Int(character)]
                guard value != invalid else { throw CryptoError(.malformed) }
                bits = bits << 6 | UInt32(value)
                held += 6
                if held >= 8 {
                    held -= 8
                    output[next] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                    next += 1
                }
            }
            guard bits & ((1 << UInt32(held)) - 1) == 0 else { throw CryptoError(.malformed) }
        }
    }
}
