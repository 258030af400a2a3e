/// The columns of a row of the key store in a canonical encoding, for its MAC.
///
/// Table name and store revision, then per column its name, a type tag and the value; texts and values after their u32
/// length, integers big endian. A null is the tag alone.
public struct CanonicalRow: Sendable {
    private enum Tag {
        static let null: UInt8 = 0
        static let integer: UInt8 = 1
        static let text: UInt8 = 2
        static let uuid: UInt8 = 3
        static let binary: UInt8 = 4
        static let boolean: UInt8 = 6
    }

    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - table: the SQL name of the row's table.
    ///   - revision: the store revision at which the row was written.
    public init(table: String, revision: UInt64) {
        append(counted: Array(table.utf8))
        bytes.append(bigEndian: revision)
    }

    public mutating func append(_ column: String, _ value: Int64?) {
        append(column, Tag.integer, value.map { Self.bytes(of: $0) })
    }

    public mutating func append(_ column: String, _ value: Bool?) {
        append(column, Tag.boolean, value.map { [$0 ? 1 : 0] })
    }

    public mutating func append(_ column: String, _ value: String?) {
        append(column, Tag.text, value.map { Array($0.utf8) })
    }

    public mutating func append(_ column: String, _ value: ObjectID?) {
        append(column, Tag.uuid, value?.bytes)
    }

    public mutating func append(_ column: String, _ value: [UInt8]?) {
        append(column, Tag.binary, value)
    }

    private mutating func append(_ column: String, _ tag: UInt8, _ value: [UInt8]?) {
        append(counted: Array(column.utf8))
        bytes.append(value == nil ? Tag.null : tag)
        if let value { append(counted: value) }
    }

    private mutating func append(counted part: [UInt8]) {
        // Rows come from PostgreSQL, whose values are below 1 GiB.
        bytes.append(bigEndian: UInt32(clamping: part.count))
        bytes.append(contentsOf: part)
    }

    private static func bytes(of value: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: value)
        return bytes
    }
}
