/// 16 opaque bytes: a request id, a trace id, an outbox id or a keyed hash of a record id.
@frozen
public struct EventIdentifier: Hashable, Sendable {
    /// The bytes 0 to 7 and 8 to 15, as they lie in memory.
    @usableFromInline var words: (first: UInt64, second: UInt64)

    /// All bytes zero: there is none.
    public static let zero = Self(words: (0, 0))

    @inlinable
    init(words: (first: UInt64, second: UInt64)) {
        self.words = words
    }

    /// The bytes as two big-endian numbers.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        words = (high.bigEndian, low.bigEndian)
    }

    /// Copies 16 bytes; nil where there are more or fewer.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        words = (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Copies 16 bytes; nil where there are more or fewer.
    public init?(_ bytes: [UInt8]) {
        guard let identifier = bytes.withUnsafeBytes({ Self($0) }) else { return nil }
        self = identifier
    }

    /// 16 bytes of the system's random source.
    public static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(words: (generator.next(), generator.next()))
    }

    @inlinable public var isZero: Bool { words.first | words.second == 0 }

    public var bytes: [UInt8] {
        withUnsafeBytes(of: words) { Array($0) }
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.words.first == right.words.first && left.words.second == right.words.second
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.first)
        hasher.combine(words.second)
    }
}
