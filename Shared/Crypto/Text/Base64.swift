/// Base64 (RFC 4648, sections 4 and 5) between buffers, so that secrets stay where their owner keeps them. No tables:
/// time does not depend on the bytes.
public enum Base64 {
    public enum Alphabet: Sendable {
        /// `+` and `/`, padded.
        case standard
        /// `-` and `_`, without padding.
        case url
    }

    public static func encodedCount(_ count: Int, _ alphabet: Alphabet = .standard) -> Int {
        alphabet == .standard ? (count + 2) / 3 * 4 : (count * 4 + 2) / 3
    }

    /// - Parameter output: room for ``encodedCount(_:_:)`` bytes.
    public static func encode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ alphabet: Alphabet = .standard
    ) {
        let count = encodedCount(input.count, alphabet)
        for position in 0..<count {
            let bit = position * 6
            let index = bit / 8
            guard index < input.count else {
                output[position] = UInt8(ascii: "=")
                continue
            }
            let pair = UInt16(input[index]) << 8 | (index + 1 < input.count ? UInt16(input[index + 1]) : 0)
            output[position] = character(UInt8(pair >> (10 - UInt16(bit % 8)) & 63), alphabet)
        }
    }

    public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
        var output = [UInt8](repeating: 0, count: encodedCount(bytes.count, alphabet))
        bytes.withUnsafeBytes { input in output.withUnsafeMutableBytes { encode(input, into: $0, alphabet) } }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes that `input` stands for; nil where it is not canonical: wrong characters, padding or left-over bits.
    public static func decodedCount(_ input: UnsafeRawBufferPointer, _ alphabet: Alphabet = .standard) -> Int? {
        let digits = digitCount(input, alphabet)
        guard let digits, digits % 4 != 1 else { return nil }
        return digits * 6 / 8
    }

    /// - Parameter output: ``decodedCount(_:_:)`` bytes.
    /// - Returns: whether `input` was canonical.
    public static func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ alphabet: Alphabet = .standard
    ) -> Bool {
        guard let digits = digitCount(input, alphabet), output.count == digits * 6 / 8, digits % 4 != 1 else {
            return false
        }
        var held: UInt32 = 0
        var bits: UInt32 = 0
        var written = 0
        var wrong: UInt8 = 0
        for position in 0..<digits {
            let value = value(input[position], alphabet)
            wrong |= value & 0x80
            held = held << 6 | UInt32(value & 63)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            output[written] = UInt8(truncatingIfNeeded: held >> bits)
            written += 1
            held &= (1 << bits) - 1
        }
        return wrong == 0 && held == 0
    }

    public static func decode(_ text: String, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        let input = Array(text.utf8)
        return input.withUnsafeBytes { input in
            guard let count = decodedCount(input, alphabet) else { return nil }
            var output = [UInt8](repeating: 0, count: count)
            return output.withUnsafeMutableBytes { decode(input, into: $0, alphabet) } ? output : nil
        }
    }

    private static func digitCount(_ input: UnsafeRawBufferPointer, _ alphabet: Alphabet) -> Int? {
        guard alphabet == .standard else { return input.count }
        guard input.count % 4 == 0 else { return nil }
        let padding = input.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return input.count - padding
    }

    private static func character(_ value: UInt8, _ alphabet: Alphabet) -> UInt8 {
        let (last, beforeLast): (UInt8, UInt8) =
            alphabet == .standard
            ? (UInt8(ascii: "/"), UInt8(ascii: "+")) : (UInt8(ascii: "_"), UInt8(ascii: "-"))
        return select(within(value, 0, 25), value &+ UInt8(ascii: "A"))
            | select(within(value, 26, 51), value &- 26 &+ UInt8(ascii: "a"))
            | select(within(value, 52, 61), value &- 52 &+ UInt8(ascii: "0"))
            | select(within(value, 62, 62), beforeLast) | select(within(value, 63, 63), last)
    }

    /// 0 to 63; with the highest bit set where the character is none of the alphabet's.
    private static func value(_ character: UInt8, _ alphabet: Alphabet) -> UInt8 {
        let (last, beforeLast): (UInt8, UInt8) =
            alphabet == .standard
            ? (UInt8(ascii: "/"), UInt8(ascii: "+")) : (UInt8(ascii: "_"), UInt8(ascii: "-"))
        let upper = within(character, UInt8(ascii: "A"), UInt8(ascii: "Z"))
        let lower = within(character, UInt8(ascii: "a"), UInt8(ascii: "z"))
        let digit = within(character, UInt8(ascii: "0"), UInt8(ascii: "9"))
        let isBeforeLast = within(character, beforeLast, beforeLast)
        let isLast = within(character, last, last)
        let known = upper | lower | digit | isBeforeLast | isLast
        return select(upper, character &- UInt8(ascii: "A")) | select(lower, character &- UInt8(ascii: "a") &+ 26)
            | select(digit, character &- UInt8(ascii: "0") &+ 52) | select(isBeforeLast, 62) | select(isLast, 63)
            | select(~known, 0x80)
    }

    /// All ones where `low` ≤ `value` ≤ `high`, else 0.
    private static func within(_ value: UInt8, _ low: UInt8, _ high: UInt8) -> UInt8 {
        let value = Int16(value)
        let outside = (value &- Int16(low)) | (Int16(high) &- value)
        return UInt8(truncatingIfNeeded: ~(outside >> 15))
    }

    private static func select(_ mask: UInt8, _ value: UInt8) -> UInt8 { mask & value }
}
