public import FieldsealSecureMemory

/// The key of a person or tenant: whatever was sealed with it opens no more once it is erased.
///
/// It salts the keys of the subject's values, beside the field's own key: either alone opens nothing.
public final class SubjectKey: Sendable {
    /// Names the key in the header of every value that it takes part in: 16 random bytes.
    public let id: ObjectID

    let key: SecretBytes

    /// - Parameter key: 32 bytes.
    /// - Throws: ``CryptoError`` `.key` for another size.
    public init(id: ObjectID, key: consuming SecretBytes) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        self.id = id
        self.key = key
    }
}
