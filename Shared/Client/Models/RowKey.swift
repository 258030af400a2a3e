#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What can be a column of a row's key.
public protocol KeyColumnConvertible: Sendable {
    /// Nil where the value is yet to be made, by the database.
    var keyColumn: KeyColumn? { get }
}

extension KeyColumn: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { self }
}
extension Int: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .integer(Int64(self)) }
}
extension Int64: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .integer(self) }
}
extension Int32: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .integer(Int64(self)) }
}
extension Int16: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .integer(Int64(self)) }
}
extension String: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .text(self) }
}
extension Data: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { .binary(Array(self)) }
}
extension UUID: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { withUnsafeBytes(of: uuid) { .uuid(Array($0)) } }
}
extension Optional: KeyColumnConvertible where Wrapped: KeyColumnConvertible {
    public var keyColumn: KeyColumn? { flatMap(\.keyColumn) }
}

/// A column that names the row which values are bound to, one of the catalog's `key-columns`: the primary key where the
/// application makes it, else another column that is set at insert and stays.
public struct RowKeyColumn<Record>: Sendable {
    let name: String
    let value: @Sendable (Record) -> KeyColumn?

    /// - Parameter name: of the column, as the catalog has it.
    public static func column(
        _ name: String, _ property: any KeyPath<Record, some KeyColumnConvertible> & Sendable
    ) -> Self {
        Self(name: name) { $0[keyPath: property].keyColumn }
    }
}
