public import FieldsealSecureMemory

/// HMAC-SHA256 over all columns of a row, under the store-integrity key: a row that somebody else wrote is noticed. Not
/// thread-safe.
public final class RowMAC {
    public static let byteCount = 32

    private static let label: StaticString = "fieldseal/v1 row mac"

    private let mac: HMACSHA256

    /// - Parameter key: the store-integrity key, 32 bytes. The MAC key is derived from it.
    public init(key: borrowing SecretBytes) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        var info: [UInt8] = []
        info.append(label: Self.label)
        mac = try HMACSHA256(key: HKDF.expand(key, info: info, count: 32))
    }

    public func authenticate(_ row: CanonicalRow) throws(CryptoError) -> [UInt8] {
        try mac.update(row.bytes)
        return try mac.finish()
    }

    /// Whether `mac` is the row's, in constant time.
    public func isValid(_ mac: [UInt8], for row: CanonicalRow) throws(CryptoError) -> Bool {
        let expected = try authenticate(row)
        return expected.withBytes { expected in mac.withBytes { constantTimeEquals($0, expected) } }
    }
}
