package import FieldsealSecureMemory

/// What a key of the hierarchy is used for. The key itself is only ever expanded: HKDF-Expand(key, "fieldseal/v1 " ‖
/// use ‖ suite).
package enum KeyUse {
    /// Seals the values of a field.
    case seal
    /// Gives the keys of single records and subjects.
    case record
    /// Wraps the content keys of values that two versions seal.
    case dual
    /// Wraps child keys.
    case wrap

    var label: StaticString {
        switch self {
        case .seal: "fieldseal/v1 seal"
        case .record: "fieldseal/v1 record"
        case .dual: "fieldseal/v1 dual"
        case .wrap: "fieldseal/v1 wrap"
        }
    }

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - suite: the suite byte.
    package func key(
        from key: borrowing SecretBytes, suite: UInt8, count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        var info: [UInt8] = []
        info.append(label: label)
        info.append(suite)
        return try HKDF.expand(key, info: info, count: count)
    }
}
