public import FieldsealCrypto

/// An Ed25519 key that signs where it is kept, on a token or by a key service, and never leaves it.
public protocol RemoteSigningKey: Sendable {
    /// Asks for the public half.
    /// - Throws: ``MasterKeyError``: the key's keeper cannot be reached, does not let us in, or has no such key.
    func publicKey() async throws -> Ed25519PublicKey

    /// - Returns: 64 bytes (RFC 8032, PureEdDSA) as the keeper gave them: whoever uses them verifies them first.
    /// - Throws: ``MasterKeyError``.
    func sign(_ message: [UInt8]) async throws -> [UInt8]
}

extension Ed25519PublicKey {
    /// A signature as key services write it; nil for what is none of 64 bytes.
    static func signature(base64 text: some StringProtocol) -> [UInt8]? {
        Base64.decode(String(text)).flatMap { $0.count == signatureCount ? $0 : nil }
    }
}
