/// PostgreSQL's binary formats of parameters, one behind the other.
struct BinaryWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

    /// The value alone; a null has no bytes.
    mutating func append(_ value: PostgresValue) throws(PostgresError) {
        switch value {
        case .null: break
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int16(let value): append(value)
        case .int32(let value): append(value)
        case .int64(let value): append(value)
        case .double(let value): append(value.bitPattern)
        case .text(let text): append(contentsOf: text.utf8)
        case .bytes(let value): append(contentsOf: value)
        case .uuid(let uuid): append(uuid.rawValue)
        case .timestamp(let time): append(time.unixMicroseconds - PostgresTimestamp.epochOffset)
        case .json(let text):
            bytes.append(1)
            append(contentsOf: text.utf8)
        case .binary(_, let value): append(contentsOf: value)
        case .array(let element, let values): try appendArray(values, of: element)
        }
    }

    /// The value behind its length, the form of COPY and of array elements; a null is length -1.
    mutating func appendField(_ value: PostgresValue) throws(PostgresError) {
        guard !value.isNull else { return append(Int32(-1)) }
        let position = bytes.count
        append(Int32(0))
        try append(value)
        guard let length = Int32(exactly: bytes.count - position - 4) else { throw PostgresError(.tooLarge) }
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(position..<position + 4, with: $0) }
    }

    private mutating func appendArray(_ values: [PostgresValue], of element: PostgresType) throws(PostgresError) {
        guard let count = Int32(exactly: values.count) else { throw PostgresError(.tooLarge) }
        append(Int32(count == 0 ? 0 : 1))
        append(Int32(values.contains(where: \.isNull) ? 1 : 0))
        append(element.objectID)
        guard count > 0 else { return }
        append(count)
        append(Int32(1))
        for value in values { try appendField(value) }
    }
}

extension PostgresValue {
    var isNull: Bool {
        if case .null = self { true } else { false }
    }
}
