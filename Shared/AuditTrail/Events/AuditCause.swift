/// Why something was refused or failed: a fixed word of ours, never a caller's text.
///
/// 1 to 24 characters out of a-z, 0-9 and `-`, held inline so that comparing costs no more than three integers.
public struct AuditCause: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public static let maximumLength = 24

    /// The characters in order, the first in the lowest byte of `first`; unused bytes are zero.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64

    /// No cause: the outcome says it all.
    public static let none = Self(words: (0, 0, 0))
    /// The policy has no rule that allows it.
    public static let policy: Self = "policy"
    /// More distinct refusals in one second, or in the strangers' share of the spool, than are kept one by one.
    public static let overflow: Self = "overflow"

    private init(words: (UInt64, UInt64, UInt64)) {
        (first, second, third) = words
    }

    /// nil for an empty word, one that is too long, or one with other characters.
    public init?(_ word: some StringProtocol) {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var length = 0
        for byte in word.utf8 {
            let isLetter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            guard length < Self.maximumLength, isLetter || isDigit || byte == UInt8(ascii: "-") else { return nil }
            let shifted = UInt64(byte) << UInt64(8 * (length % 8))
            switch length / 8 {
            case 0: words.0 |= shifted
            case 1: words.1 |= shifted
            default: words.2 |= shifted
            }
            length += 1
        }
        guard length > 0 else { return nil }
        self.init(words: words)
    }

    /// The literal must be a valid word; anything else stops the program.
    public init(stringLiteral word: StaticString) {
        guard let cause = Self(word.description) else { preconditionFailure("not an audit cause: \(word)") }
        self = cause
    }

    public var description: String {
        let bytes = [first, second, third].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
