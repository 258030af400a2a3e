/// RFC 4648, section 4, with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        func flush() {
            let bits = group << UInt32(8 * (3 - held))
            for index in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * index)) & 63]
                text.append(index <= held ? digit : UInt8(ascii: "="))
            }
        }
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                flush()
                (group, held) = (0, 0)
            }
        }
        if held > 0 { flush() }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes into `output`; the number of bytes, or nil where the text is not canonical or does not fit.
    static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard text.count % 4 == 0 else { return nil }
        var digits = text[...]
        while digits.last == UInt8(ascii: "="), text.count - digits.count < 2 { digits = digits.dropLast() }
        let count = digits.count * 3 / 4
        guard count <= output.count else { return nil }
        var (bits, held, written): (UInt32, UInt32, Int) = (0, 0, 0)
        for digit in digits {
            guard let value = value(digit) else { return nil }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                output[written] = UInt8(truncatingIfNeeded: bits >> held)
                written += 1
            }
            bits &= (1 << held) - 1
        }
        return bits == 0 && written == count ? count : nil
    }

    private static func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
