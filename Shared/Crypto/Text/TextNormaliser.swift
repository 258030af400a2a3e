/// Which texts count as equal in a blind index. Raw values enter its derivation.
public enum IndexNormaliser: UInt8, Hashable, Sendable, CaseIterable {
    /// The bytes as they are.
    case none = 0
    /// UTF-8, compatibility-normalised (NFKC) and case folded, by Unicode 14.0.
    case casefold = 1
    /// UTF-8 without surrounding white space.
    case trim = 2
    /// Trimmed, then as ``casefold``.
    case email = 3
    /// The digits 0 to 9 of the casefolded text. A number begins with `+`, with `00`, which is dropped, or is taken as it is.
    case phoneDigits = 4
    /// The last four of the digits 0 to 9 of the casefolded text, or the fewer that it has.
    case lastFour = 5

    /// Raised when the result for any text changes, which changes the index.
    var version: UInt8 { 1 }

    /// - Throws: ``CryptoError`` `.text` when the value has to be UTF-8 and is not.
    func normalise(_ value: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        if self == .none { return Array(value) }
        let scalars = try normalise(value, as: .whole)
        var text: [UInt8] = []
        text.reserveCapacity(scalars.count)
        for scalar in scalars { Self.append(scalar, to: &text) }
        return text
    }

    /// Which end of a value a text shares, and so what is done there.
    enum Part {
        case whole, start, middle
    }

    /// The code points of a normalised text.
    ///
    /// - Throws: ``CryptoError`` `.text` when the text is not UTF-8, whatever the normaliser.
    func normalise(_ text: UnsafeRawBufferPointer, as part: Part) throws(CryptoError) -> [UInt32] {
        guard text.isUTF8 else { throw CryptoError(.text) }
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
        switch self {
        case .none: return scalars
        case .casefold: return Normalisation.foldedForm(scalars)
        case .trim: return Self.trimmed(scalars, as: part)
        case .email: return Normalisation.foldedForm(Self.trimmed(scalars, as: part))
        case .phoneDigits: return Self.phoneNumber(Normalisation.foldedForm(scalars), as: part)
        case .lastFour: return Array(Normalisation.foldedForm(scalars).filter(Self.isDigit).suffix(4))
        }
    }

    private static func isDigit(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }

    private static func phoneNumber(_ scalars: [UInt32], as part: Part) -> [UInt32] {
        let plus: UInt32 = 0x2B
        let isInternational = scalars.first { isDigit($0) || $0 == plus } == plus
        let digits = scalars.filter(isDigit)
        return part != .middle && !isInternational && digits.starts(with: [0x30, 0x30])
            ? Array(digits.dropFirst(2)) : digits
    }

    /// Without the code points of property White_Space at the ends that it shares with a value.
    private static func trimmed(_ scalars: [UInt32], as part: Part) -> [UInt32] {
        guard part != .middle else { return scalars }
        let rest = scalars.drop(while: isWhiteSpace)
        guard part == .whole, let last = rest.lastIndex(where: { !isWhiteSpace($0) }) else { return Array(rest) }
        return Array(rest[...last])
    }

    private static func isWhiteSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        if scalar < 0x80 {
            text.append(UInt8(scalar))
        } else if let scalar = Unicode.Scalar(scalar) {
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
