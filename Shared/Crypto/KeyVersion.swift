/// Names one version of a key: 64 random bits, never 0, unique among all keys that ever were. Printed as 16 hexadecimal digits.
public struct KeyVersion: Hashable, Sendable, Comparable, CustomStringConvertible, LosslessStringConvertible {
    public static let byteCount = 8

    public let rawValue: UInt64

    /// Nil for 0, which the protocol uses for "the active version".
    @inlinable public init?(rawValue: UInt64) {
        guard rawValue != 0 else { return nil }
        self.rawValue = rawValue
    }

    @usableFromInline init(nonZero rawValue: UInt64) { self.rawValue = rawValue }

    public static func random() -> KeyVersion {
        var generator = SystemRandomNumberGenerator()
        return KeyVersion(nonZero: UInt64.random(in: 1...UInt64.max, using: &generator))
    }

    /// The version written as 16 hexadecimal digits.
    public init?(_ description: String) {
        guard description.utf8.count == 16 else { return nil }
        var value: UInt64 = 0
        for character in description.utf8 {
            guard let digit = Hexadecimal.value(of: character) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        self.init(rawValue: value)
    }

    public var description: String { Hexadecimal.string(rawValue) }

    @inlinable public static func < (left: KeyVersion, right: KeyVersion) -> Bool { left.rawValue < right.rawValue }
}
