public import FieldsealSecureMemory

/// Seals keys to a process: an ephemeral X25519 agreement (RFC 7748), HKDF-SHA256, AES-256-GCM.
///
/// Sealed form, for a key of n bytes: 32 bytes ephemeral public key ‖ n bytes ‖ 16 bytes tag. It opens only with the
/// recipient's private key, for the recipient's identity, in the context it was sealed for.
public enum KeyAgreement {
    public static let publicKeyCount = 32
    /// Bytes that sealing adds.
    public static let overhead = 32 + 16

    /// - Parameters:
    ///   - recipient: the recipient's public key, 32 bytes.
    ///   - identity: the recipient's SPIFFE URI, as its TLS certificate states it.
    ///   - context: what the key is; the recipient states the same to open it.
    /// - Throws: ``CryptoError`` `.key` for a public key of the wrong size or of low order.
    public static func seal(
        _ key: borrowing SecretBytes, to recipient: [UInt8], identity: String, context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        throw CryptoError(.library)
    }
}

/// The key pair of a process, made at its start and never stored.
public final class KeyAgreementKeyPair: Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]

    public init() throws(CryptoError) { throw CryptoError(.library) }

    /// - Throws: ``CryptoError`` `.malformed`, `.key` or `.tag`.
    public func open(_ sealed: [UInt8], identity: String, context: [UInt8]) throws(CryptoError) -> SecretBytes {
        throw CryptoError(.library)
    }
}
