/// Writes protobuf fields into memory whose size was computed beforehand.
struct WireWriter {
    private let target: UnsafeMutableRawBufferPointer
    private(set) var offset = 0

    init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    /// The bytes of a varint: 1 to 10.
    static func size(ofVarint value: UInt64) -> Int {
        value == 0 ? 1 : (70 &- value.leadingZeroBitCount) / 7
    }

    /// The bytes of a length-delimited field with a one-byte tag.
    static func size(ofField count: Int) -> Int { 1 + size(ofVarint: UInt64(count)) + count }

    mutating func byte(_ byte: UInt8) {
        target[offset] = byte
        offset &+= 1
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<(offset + bytes.count)]).copyMemory(from: bytes)
        offset &+= bytes.count
    }

    mutating func bytes(_ array: [UInt8]) { array.withUnsafeBytes { bytes($0) } }

    mutating func string(_ string: StaticString) {
        bytes(UnsafeRawBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }

    mutating func hex(_ word: UInt64) {
        var shift = 60
        while shift >= 0 {
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xf
            byte(nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble)
            shift -= 4
        }
    }
}
