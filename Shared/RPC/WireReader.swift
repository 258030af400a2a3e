/// Reads the fields of a protobuf message from memory that somebody else keeps. Never reads past the end; nil is malformed.
struct WireReader {
    /// A message of the envelope has a handful of fields; more than this is an attack on the reader's time.
    static let maximumFields = 256

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var fields = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    /// Reads a field's number and wire type.
    mutating func tag() -> (field: UInt64, type: UInt8)? {
        fields &+= 1
        guard fields <= Self.maximumFields, let key = varint(), key >> 3 != 0, key <= UInt64(UInt32.max) else {
            return nil
        }
        return (key >> 3, UInt8(truncatingIfNeeded: key & 7))
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset &+= 1
            if shift == 63, byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
            if shift > 63 { return nil }
        }
        return nil
    }

    /// Reads a length and as many bytes.
    mutating func lengthDelimited() -> UnsafeRawBufferPointer? {
        guard let length = varint(), length <= UInt64(bytes.count - offset) else { return nil }
        let end = offset &+ Int(truncatingIfNeeded: length)
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }

    /// Skips the value of a field of the given wire type; groups are refused.
    mutating func skip(_ type: UInt8) -> Bool {
        switch type {
        case 0: return varint() != nil
        case 1: return advance(8)
        case 2: return lengthDelimited() != nil
        case 5: return advance(4)
        default: return false
        }
    }

    private mutating func advance(_ count: Int) -> Bool {
        guard bytes.count - offset >= count else { return false }
        offset &+= count
        return true
    }
}
