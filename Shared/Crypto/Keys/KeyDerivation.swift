public import FieldsealSecureMemory

/// The hierarchy's derivations, all HKDF-SHA256 (RFC 5869).
public enum KeyDerivation {
    /// Bytes of every key of the hierarchy.
    public static let keyCount = 32

    private static let saltCount = 32
    private static let childLabel: StaticString = "fieldseal/v1 child "
    private static let checkLabel: StaticString = "fieldseal/v1 check"

    /// A new version of a key: derived from its active parent with a fresh random salt that is wiped at once, so that
    /// holding the parent later does not give the child.
    ///
    /// - Parameter parent: 32 bytes.
    public static func makeChild(
        of parent: borrowing SecretBytes, kind: KeyKind, object: ObjectID, version: KeyVersion
    ) throws(CryptoError) -> SecretBytes {
        let salt = try SecretBytes.drawn(saltCount)
        return try makeChild(of: parent, kind: kind, object: object, version: version, salt: salt)
    }

    static func makeChild(
        of parent: borrowing SecretBytes, kind: KeyKind, object: ObjectID, version: KeyVersion,
        salt: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        guard parent.count == keyCount else { throw CryptoError(.key) }
        var info: [UInt8] = []
        info.append(label: childLabel)
        info.append(label: kind.label)
        info.append(id: object)
        info.append(bigEndian: version.rawValue)
        return try salt.withUnsafeBytes { salt throws(CryptoError) in
            try HKDF.derive(parent, salt: salt, info: info, count: keyCount)
        }
    }

    /// The check value (key_hash) of a key: 32 bytes that tell whether an unwrapped key is the one that was stored,
    /// bound to its identity; never a bare hash.
    public static func checkValue(
        of key: borrowing SecretBytes, as identity: KeyIdentity
    ) throws(CryptoError) -> [UInt8] {
        try computeCheck(of: key, as: identity).withUnsafeBytes { Array($0) }
    }

    /// Whether `expected` is the key's check value, in constant time.
    public static func isCheckValue(
        _ expected: [UInt8], of key: borrowing SecretBytes, as identity: KeyIdentity
    ) throws(CryptoError) -> Bool {
        try computeCheck(of: key, as: identity).withUnsafeBytes { check in
            expected.withBytes { constantTimeEquals($0, check) }
        }
    }

    private static func computeCheck(
        of key: borrowing SecretBytes, as identity: KeyIdentity
    ) throws(CryptoError) -> SecretBytes {
        var info: [UInt8] = []
        info.append(label: checkLabel)
        info.append(contentsOf: identity.bytes)
        return try HKDF.derive(key, salt: .empty, info: info, count: keyCount)
    }
}
