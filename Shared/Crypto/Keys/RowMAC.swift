public import FieldsealSecureMemory

/// The columns of a row of the key store in a canonical encoding, for its MAC.
public struct CanonicalRow: Sendable {
    var bytes: [UInt8]

    /// - Parameters:
    ///   - table: the SQL name of the row's table.
    ///   - revision: the store revision at which the row was written.
    public init(table: String, revision: UInt64) {
        bytes = []
        _ = (table, revision)
    }

    public mutating func append(_ column: String, _ value: Int64?) {}
    public mutating func append(_ column: String, _ value: Bool?) {}
    public mutating func append(_ column: String, _ value: String?) {}
    public mutating func append(_ column: String, _ value: ObjectID?) {}
    public mutating func append(_ column: String, _ value: [UInt8]?) {}
}

/// HMAC-SHA256 over all columns of a row, under the store-integrity key: a database that was written by somebody else
/// is noticed.
public final class RowMAC {
    public static let byteCount = 32

    /// - Parameter key: the store-integrity key, 32 bytes. The MAC key is derived from it.
    public init(key: borrowing SecretBytes) throws(CryptoError) { throw CryptoError(.library) }

    public func authenticate(_ row: CanonicalRow) throws(CryptoError) -> [UInt8] { throw CryptoError(.library) }

    /// Whether `mac` is the row's, in constant time.
    public func isValid(_ mac: [UInt8], for row: CanonicalRow) throws(CryptoError) -> Bool {
        throw CryptoError(.library)
    }
}
