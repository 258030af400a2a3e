extension [UInt8] {
    mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(id: ObjectID) {
        append(bigEndian: id.high)
        append(bigEndian: id.low)
    }

    mutating func append(label: StaticString) {
        label.withUTF8Buffer { append(contentsOf: $0) }
    }
}
