import FieldsealMessages

/// The identity of a database row: its key columns in the order of the catalog. Types count: 42, "42" and a UUID are
/// different rows.
public struct RecordID: Sendable, Hashable {
    /// In the order of the catalog's `key-columns`.
    public var columns: [KeyColumn]

    public init(_ columns: KeyColumn...) {
        self.columns = columns
    }

    public init(columns: [KeyColumn]) {
        self.columns = columns
    }

    var message: Proto.RecordID {
        Proto.RecordID(columns: columns.map { Proto.KeyColumn(value: $0.message) })
    }
}

/// For people: the columns' values, separated by commas.
extension RecordID: CustomStringConvertible {
    public var description: String { columns.map(\.description).joined(separator: ", ") }
}

extension KeyColumn: CustomStringConvertible {
    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .text(let value): value
        case .uuid(let bytes), .binary(let bytes): Self.hex(bytes)
        case .date(let days): "day \(days)"
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// One column of a row's key.
public enum KeyColumn: Sendable, Hashable {
    /// Of any integer type of the database.
    case integer(Int64)
    case text(String)
    /// 16 bytes; the service refuses any other number.
    case uuid([UInt8])
    case binary([UInt8])
    /// Days since 1970-01-01.
    case date(daysSince1970: Int32)

    /// Reads 32 hexadecimal digits, with or without hyphens; nil where the text is nothing of the kind.
    public static func uuid(text: String) -> Self? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 32, by: 2) {
            guard let high = nibble(digits[start]), let low = nibble(digits[start + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return .uuid(bytes)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    var message: Proto.KeyColumn.Value {
        switch self {
        case .integer(let value): .integer(value)
        case .text(let value): .text(value)
        case .uuid(let bytes): .uuid(bytes)
        case .binary(let bytes): .binary(bytes)
        case .date(let days): .date(days)
        }
    }
}
