/// A parameter, sent in PostgreSQL's binary format with its type.
public enum PostgresValue: Hashable, Sendable {
    case null(PostgresType)
    case bool(Bool)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    /// A text with a NUL is refused by the server.
    case text(String)
    case bytes([UInt8])
    case uuid(PostgresUUID)
    case timestamp(PostgresTimestamp)
    /// A JSON text, as jsonb.
    case json(String)
    /// A one-dimensional array; every element is of the type or null.
    case array(PostgresType, [PostgresValue])
    /// Bytes in PostgreSQL's binary format of the type, as ``PostgresRow/binary(_:)`` reads them.
    case binary(PostgresType, [UInt8])
}

/// What can stand in a query as a parameter.
public protocol PostgresEncodable {
    static var postgresType: PostgresType { get }
    var postgresValue: PostgresValue { get }
    static var postgresArrayType: PostgresType { get }
    static func postgresArray(_ elements: [Self]) -> PostgresValue
}

extension PostgresEncodable {
    public static var postgresArrayType: PostgresType { postgresType.arrayType }
    public static func postgresArray(_ elements: [Self]) -> PostgresValue {
        .array(postgresType, elements.map(\.postgresValue))
    }
}

/// A type of PostgreSQL, known by the object id of its catalog.
public struct PostgresType: Hashable, Sendable {
    public let objectID: UInt32
    public init(objectID: UInt32) { self.objectID = objectID }

    public static let bool = Self(objectID: 16)
    public static let bytes = Self(objectID: 17)
    public static let name = Self(objectID: 19)
    public static let int64 = Self(objectID: 20)
    public static let int16 = Self(objectID: 21)
    public static let int32 = Self(objectID: 23)
    public static let text = Self(objectID: 25)
    public static let json = Self(objectID: 114)
    public static let float = Self(objectID: 700)
    public static let double = Self(objectID: 701)
    public static let bpchar = Self(objectID: 1042)
    public static let varchar = Self(objectID: 1043)
    public static let timestamp = Self(objectID: 1184)
    public static let uuid = Self(objectID: 2950)
    public static let jsonb = Self(objectID: 3802)

    /// Leaves the choice to the server.
    static let unknown = Self(objectID: 0)

    /// The array type over this one, for those that are sent as arrays.
    var arrayType: PostgresType {
        switch self {
        case .bool: .init(objectID: 1000)
        case .bytes: .init(objectID: 1001)
        case .int16: .init(objectID: 1005)
        case .int32: .init(objectID: 1007)
        case .text: .init(objectID: 1009)
        case .int64: .init(objectID: 1016)
        case .double: .init(objectID: 1022)
        case .timestamp: .init(objectID: 1185)
        case .uuid: .init(objectID: 2951)
        case .jsonb: .init(objectID: 3807)
        default: .unknown
        }
    }
}

extension PostgresValue {
    var type: PostgresType {
        switch self {
        case .null(let type): type
        case .bool: .bool
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .text: .text
        case .bytes: .bytes
        case .uuid: .uuid
        case .timestamp: .timestamp
        case .json: .jsonb
        case .array(let element, _): element.arrayType
        case .binary(let type, _): type
        }
    }
}

extension Bool: PostgresEncodable {
    public static var postgresType: PostgresType { .bool }
    public var postgresValue: PostgresValue { .bool(self) }
}

extension Int16: PostgresEncodable {
    public static var postgresType: PostgresType { .int16 }
    public var postgresValue: PostgresValue { .int16(self) }
}

extension Int32: PostgresEncodable {
    public static var postgresType: PostgresType { .int32 }
    public var postgresValue: PostgresValue { .int32(self) }
}

extension Int64: PostgresEncodable {
    public static var postgresType: PostgresType { .int64 }
    public var postgresValue: PostgresValue { .int64(self) }
}

extension Int: PostgresEncodable {
    public static var postgresType: PostgresType { .int64 }
    public var postgresValue: PostgresValue { .int64(Int64(self)) }
}

extension Double: PostgresEncodable {
    public static var postgresType: PostgresType { .double }
    public var postgresValue: PostgresValue { .double(self) }
}

extension String: PostgresEncodable {
    public static var postgresType: PostgresType { .text }
    public var postgresValue: PostgresValue { .text(self) }
}

extension UInt8: PostgresEncodable {
    public static var postgresType: PostgresType { .int16 }
    public var postgresValue: PostgresValue { .int16(Int16(self)) }
    /// An array of bytes is a bytea.
    public static var postgresArrayType: PostgresType { .bytes }
    public static func postgresArray(_ elements: [UInt8]) -> PostgresValue { .bytes(elements) }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public var postgresValue: PostgresValue { Element.postgresArray(self) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var postgresValue: PostgresValue { map(\.postgresValue) ?? .null(Wrapped.postgresType) }
}
