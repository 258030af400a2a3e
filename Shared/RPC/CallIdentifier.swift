/// A request id or a trace id: 16 bytes, stored inline in network byte order.
public struct CallIdentifier: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes, as a big-endian number.
    public var high: UInt64
    /// The last eight bytes, as a big-endian number.
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static let zero = Self(high: 0, low: 0)
    @inlinable public var isZero: Bool { high | low == 0 }

    /// Reads exactly 32 hexadecimal digits of either case.
    public init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == 32, let high = Self.word(hex[0..<16]), let low = Self.word(hex[16..<32]) else { return nil }
        self.init(high: high, low: low)
    }

    /// A random identifier.
    public static func random<G: RandomNumberGenerator>(using generator: inout G) -> Self {
        Self(high: generator.next(), low: generator.next())
    }

    public static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// 16 bytes in network order.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            store(into: UnsafeMutableRawBufferPointer(buffer))
            count = 16
        }
    }

    /// Writes 16 bytes at the start of `target`, which must hold as many.
    @inlinable
    public func store(into target: UnsafeMutableRawBufferPointer) {
        target.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { Self.hex(high) + Self.hex(low) }

    static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    static func word(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var word: UInt64 = 0
        for digit in digits {
            let nibble: UInt8
            switch digit {
            case 0x30...0x39: nibble = digit &- 0x30
            case 0x61...0x66: nibble = digit &- 0x61 &+ 10
            case 0x41...0x46: nibble = digit &- 0x41 &+ 10
            default: return nil
            }
            word = word << 4 | UInt64(nibble)
        }
        return word
    }
}
