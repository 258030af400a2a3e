/// The immutable 16-byte id of a table, a field, an index, a row of the key store or an epoch. Printed as a UUID.
public struct ObjectID: Hashable, Sendable, Comparable, CustomStringConvertible, LosslessStringConvertible {
    public static let byteCount = 16
    public static let zero = ObjectID(high: 0, low: 0)

    /// The first eight bytes, big endian.
    public let high: UInt64
    /// The last eight bytes, big endian.
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id with these bytes; nil unless there are 16.
    @inlinable public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The id with these bytes; nil unless there are 16.
    public init?(bytes: [UInt8]) {
        guard let id = bytes.withUnsafeBytes({ ObjectID(bytes: $0) }) else { return nil }
        self = id
    }

    /// A random UUID (version 4, RFC 9562).
    public static func random() -> ObjectID {
        var generator = SystemRandomNumberGenerator()
        let high: UInt64 = generator.next() & ~0xF000 | 0x4000
        let low: UInt64 = generator.next() & ~(0b11 << 62) | 0b10 << 62
        return ObjectID(high: high, low: low)
    }

    /// The id written as 32 hexadecimal digits with hyphens after the 8th, 12th, 16th and 20th.
    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (position, character) in text.enumerated() {
            if [8, 13, 18, 23].contains(position) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Hexadecimal.value(of: character) else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(value)
            } else {
                halves.1 = halves.1 << 4 | UInt64(value)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    public var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    public var description: String {
        let digits = Array(Hexadecimal.string(high) + Hexadecimal.string(low))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    @inlinable public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Writes the 16 bytes to the front of `output`, which has room for them.
    @inlinable public func write(to output: UnsafeMutableRawBufferPointer) {
        output.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        output.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
}
