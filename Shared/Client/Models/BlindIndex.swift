#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The companion column of an encrypted property, by which rows are found. `EncryptionMiddleware.beforeInsert` fills it together
/// with the value; `EncryptionMiddleware.blindIndex` makes one to compare it with. Rows of equal values have equal indexes, so
/// it is not printed either.
public struct BlindIndex: Sendable, Hashable {
    /// Nil until it is made.
    var made: [UInt8]?

    /// An index that is yet to be made.
    public init() {}

    /// As a column holds it.
    public init(_ bytes: [UInt8]) { made = bytes }

    /// What belongs into the column.
    public var bytes: [UInt8] {
        get throws(EncryptedValueError) {
            guard let made else { throw EncryptedValueError(.notSealed) }
            return made
        }
    }
}

extension BlindIndex: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(Array(try decoder.singleValueContainer().decode(Data.self)))
    }

    /// - Throws: `EncryptedValueError` for an index that was never made.
    public func encode(to encoder: any Encoder) throws {
        guard let made else { throw EncryptedValueError(.notSealed, field: encoder.codingPath.last?.stringValue) }
        var container = encoder.singleValueContainer()
        try container.encode(Data(made))
    }
}

extension BlindIndex: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<index>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
