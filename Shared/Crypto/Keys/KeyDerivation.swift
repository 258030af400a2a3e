public import FieldsealSecureMemory

/// The hierarchy's derivations, all HKDF-SHA256 (RFC 5869).
public enum KeyDerivation {
    public static let keyCount = 32

    /// A new version of a key: derived from its active parent with a fresh random salt that is wiped at once, so that
    /// holding the parent later does not give the child.
    public static func makeChild(
        of parent: borrowing SecretBytes, kind: KeyKind, object: ObjectID, version: KeyVersion
    ) throws(CryptoError) -> SecretBytes {
        throw CryptoError(.library)
    }

    /// The check value (key_hash) of a key: 32 bytes that tell whether an unwrapped key is the one that was stored,
    /// bound to its row.
    public static func checkValue(of key: borrowing SecretBytes, as identity: KeyIdentity) throws(CryptoError)
        -> [UInt8]
    {
        throw CryptoError(.library)
    }

    /// Whether `expected` is the key's check value, in constant time.
    public static func isCheckValue(
        _ expected: [UInt8], of key: borrowing SecretBytes, as identity: KeyIdentity
    ) throws(CryptoError) -> Bool {
        throw CryptoError(.library)
    }
}
