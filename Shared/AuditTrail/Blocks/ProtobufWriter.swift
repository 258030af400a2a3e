/// Appends protobuf fields to a buffer, straight from where the values lie. Fields with default values are left out, as
/// proto3 and protobuf-c do.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func varint(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, wireType: 0)
        raw(value)
    }

    mutating func fixed64(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, wireType: 1)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ field: UInt8, _ value: String) {
        guard !value.isEmpty else { return }
        length(field, value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func data(_ field: UInt8, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        length(field, value.count)
        bytes.append(contentsOf: value)
    }

    /// Tag and length of a value whose bytes the caller appends.
    mutating func length(_ field: UInt8, _ count: Int) {
        tag(field, wireType: 2)
        raw(UInt64(count))
    }

    mutating func append(_ content: UnsafeRawBufferPointer) { bytes.append(contentsOf: content) }
    mutating func append(_ content: [UInt8]) { bytes.append(contentsOf: content) }

    /// Fields 1 to 31: the tag takes one or two bytes.
    private mutating func tag(_ field: UInt8, wireType: UInt64) {
        raw(UInt64(field) << 3 | wireType)
    }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
