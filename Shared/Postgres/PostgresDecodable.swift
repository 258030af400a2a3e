/// What can be read from a column in PostgreSQL's binary format.
public protocol PostgresDecodable {
    /// nil when the type is not the value's or the bytes do not fit it.
    init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType)
    /// Reads a column that holds an array of these.
    static func postgresArray(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> [Self]?
}

extension PostgresDecodable {
    public static func postgresArray(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> [Self]? {
        var reader = BinaryReader(bytes)
        guard let dimensions: Int32 = reader.integer(), let _: Int32 = reader.integer(),
            let element: UInt32 = reader.integer()
        else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count: Int32 = reader.integer(), let _: Int32 = reader.integer(), count >= 0 else {
            return nil
        }
        var values: [Self] = []
        for _ in 0..<count {
            guard let length: Int32 = reader.integer(), let bytes = reader.bytes(Int(length)),
                let value = Self(postgres: bytes, type: PostgresType(objectID: element))
            else { return nil }
            values.append(value)
        }
        return reader.isAtEnd ? values : nil
    }
}

/// Reads big-endian values from a server's bytes.
struct BinaryReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        guard let bytes = bytes(Value.bitWidth / 8) else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }

    static func whole<Value: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, as _: Value.Type = Value.self)
        -> Value?
    {
        guard bytes.count == Value.bitWidth / 8 else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }
}

extension Bool: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard type == .bool, let byte = BinaryReader.whole(bytes, as: UInt8.self) else { return nil }
        self = byte != 0
    }
}

extension UInt8: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = Int64(postgres: bytes, type: type) else { return nil }
        self.init(exactly: value)
    }

    /// An array of bytes is a bytea.
    public static func postgresArray(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> [UInt8]? {
        type == .bytes ? [UInt8](bytes) : nil
    }
}

extension Int16: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard type == .int16, let value = BinaryReader.whole(bytes, as: Int16.self) else { return nil }
        self = value
    }
}

extension Int32: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = Int64(postgres: bytes, type: type) else { return nil }
        self.init(exactly: value)
    }
}

/// From smallint, integer or bigint.
extension Int64: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        let value: Int64?
        switch type {
        case .int64: value = BinaryReader.whole(bytes)
        case .int32: value = BinaryReader.whole(bytes, as: Int32.self).map(Int64.init)
        case .int16: value = BinaryReader.whole(bytes, as: Int16.self).map(Int64.init)
        default: value = nil
        }
        guard let value else { return nil }
        self = value
    }
}

extension Int: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = Int64(postgres: bytes, type: type) else { return nil }
        self.init(exactly: value)
    }
}

extension Double: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        switch type {
        case .double:
            guard let bits = BinaryReader.whole(bytes, as: UInt64.self) else { return nil }
            self.init(bitPattern: bits)
        case .float:
            guard let bits = BinaryReader.whole(bytes, as: UInt32.self) else { return nil }
            self.init(Float(bitPattern: bits))
        default: return nil
        }
    }
}

/// From every kind of text, and from json and jsonb as their text.
extension String: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        switch type {
        case .text, .varchar, .bpchar, .name, .json: self.init(validating: bytes, as: UTF8.self)
        case .jsonb:
            guard bytes.first == 1 else { return nil }
            self.init(validating: bytes.dropFirst(), as: UTF8.self)
        default: return nil
        }
    }
}

extension PostgresUUID: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard type == .uuid else { return nil }
        self.init(bytes)
    }
}

extension PostgresTimestamp: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard type == .timestamp, let count = BinaryReader.whole(bytes, as: Int64.self) else { return nil }
        let (unix, overflow) = count.addingReportingOverflow(Self.epochOffset)
        guard !overflow else { return nil }
        self.init(unixMicroseconds: unix)
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    public init?(postgres bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let elements = Element.postgresArray(bytes, type: type) else { return nil }
        self = elements
    }
}
