public import FieldsealSecureMemory

/// Wraps keys under a parent key: XAES-256-GCM with key commitment and 192-bit nonces, so that there is no limit to count.
///
/// Wrapped form, for a key of n bytes: 24 bytes nonce ‖ 32 bytes commitment ‖ n bytes ‖ 16 bytes tag.
public final class KeyWrapping {
    /// Bytes that wrapping adds.
    public static let overhead = 24 + 32 + 16
    /// The longest key that can be wrapped, in bytes.
    public static let maximumKeyCount = 64

    /// - Parameter parent: 32 bytes. The wrapping key is derived from it; it is not used itself.
    public init(under parent: borrowing SecretBytes) throws(CryptoError) { throw CryptoError(.library) }

    /// - Parameter binding: further bytes to authenticate, such as a provider's parameters.
    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity, binding: [UInt8] = []) throws(CryptoError)
        -> [UInt8]
    {
        throw CryptoError(.library)
    }

    /// - Throws: ``CryptoError`` `.malformed`, `.commitment` or `.tag` when `wrapped` is not this key's wrapped form.
    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity, binding: [UInt8] = []) throws(CryptoError)
        -> SecretBytes
    {
        throw CryptoError(.library)
    }
}
