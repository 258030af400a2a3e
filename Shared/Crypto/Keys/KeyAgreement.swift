public import FieldsealSecureMemory

/// Seals keys to a process: an ephemeral X25519 agreement (RFC 7748), HKDF-SHA256, AES-256-GCM.
///
/// Sealed form, for a key of n bytes: 32 bytes ephemeral public key ‖ n bytes ‖ 16 bytes tag. It opens only with the
/// recipient's private key, for the recipient's identity, in the context it was sealed for.
public enum KeyAgreement {
    public static let publicKeyCount = 32
    /// Bytes that sealing adds.
    public static let overhead = 32 + 16
    /// The longest key that can be sealed, in bytes.
    public static let maximumKeyCount = 64

    private static let label: StaticString = "fieldseal/v1 sealed key"

    /// - Parameters:
    ///   - key: 1 to 64 bytes.
    ///   - recipient: the recipient's public key, 32 bytes.
    ///   - identity: the recipient's SPIFFE URI, as its TLS certificate states it.
    ///   - context: what the key is; the recipient states the same to open it.
    /// - Throws: ``CryptoError`` `.key` for a public key of the wrong size or of low order.
    public static func seal(
        _ key: borrowing SecretBytes, to recipient: [UInt8], identity: String, context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try seal(
            key, to: recipient, identity: identity, context: context,
            ephemeral: X25519PrivateKey.random())
    }

    static func seal(
        _ key: borrowing SecretBytes, to recipient: [UInt8], identity: String, context: [UInt8],
        ephemeral: borrowing X25519PrivateKey
    ) throws(CryptoError) -> [UInt8] {
        guard (1...maximumKeyCount).contains(key.count), context.count <= FieldCipher.maximumContextCount else {
            throw CryptoError(.size)
        }
        let ephemeralPublic = try ephemeral.publicKey()
        let cipher = try makeCipher(
            secret: ephemeral.sharedSecret(with: recipient), ephemeral: ephemeralPublic, recipient: recipient,
            identity: identity)
        var sealed = ephemeralPublic
        sealed.append(contentsOf: repeatElement(0, count: key.count + 16))
        try key.withUnsafeBytes { key throws(CryptoError) in
            try context.withBytes { context throws(CryptoError) in
                try sealed.withMutableBytes { sealed throws(CryptoError) in
                    guard let start = sealed.baseAddress else { throw CryptoError(.size) }
                    try cipher.seal(
                        nonce: zeroNonce, associatedData: context, plaintext: key, ciphertext: start + 32,
                        tag: start + 32 + key.count)
                }
            }
        }
        return sealed
    }

    fileprivate static func open(
        _ sealed: [UInt8], with recipient: borrowing X25519PrivateKey, publicKey: [UInt8], identity: String,
        context: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        let count = sealed.count - overhead
        guard (1...maximumKeyCount).contains(count) else { throw CryptoError(.malformed) }
        let ephemeral = Array(sealed[..<32])
        let cipher = try makeCipher(
            secret: recipient.sharedSecret(with: ephemeral), ephemeral: ephemeral, recipient: publicKey,
            identity: identity)
        var key = try SecretBytes.zeros(count)
        let isAuthentic = try key.withUnsafeMutableBytes { key throws(CryptoError) in
            try context.withBytes { context throws(CryptoError) in
                try sealed.withBytes { sealed throws(CryptoError) in
                    guard let start = sealed.baseAddress, let plaintext = key.baseAddress else {
                        throw CryptoError(.size)
                    }
                    return try cipher.open(
                        nonce: zeroNonce, associatedData: context,
                        ciphertext: UnsafeRawBufferPointer(start: start + 32, count: count), tag: start + 32 + count,
                        plaintext: plaintext)
                }
            }
        }
        guard isAuthentic else { throw CryptoError(.tag) }
        return key
    }

    /// AES-256-GCM under HKDF-SHA256(shared secret, no salt, label ‖ both public keys ‖ u32 length ‖ identity).
    private static func makeCipher(
        secret: consuming SecretBytes, ephemeral: [UInt8], recipient: [UInt8], identity: String
    ) throws(CryptoError) -> AEADContext {
        let identity = Array(identity.utf8)
        guard let identityCount = UInt32(exactly: identity.count) else { throw CryptoError(.size) }
        var info: [UInt8] = []
        info.append(label: label)
        info.append(contentsOf: ephemeral)
        info.append(contentsOf: recipient)
        info.append(bigEndian: identityCount)
        info.append(contentsOf: identity)
        let key = try HKDF.derive(secret, salt: .empty, info: info, count: 32)
        let cipher = try AEADContext(Algorithm.aes256GCM)
        try key.withUnsafeBytes { key throws(CryptoError) in
            guard let start = key.baseAddress else { throw CryptoError(.key) }
            try cipher.setKey(start)
        }
        return cipher
    }

    /// The key seals one message only, so its nonce is fixed.
    private static let zeroNonce = [UInt8](repeating: 0, count: 12)
}

/// The key pair of a process, made at its start and never stored.
public final class KeyAgreementKeyPair: Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]

    private let privateKey: X25519PrivateKey

    public convenience init() throws(CryptoError) { try self.init(X25519PrivateKey.random()) }

    init(_ privateKey: consuming X25519PrivateKey) throws(CryptoError) {
        publicKey = try privateKey.publicKey()
        self.privateKey = privateKey
    }

    /// Opens what ``KeyAgreement/seal(_:to:identity:context:)`` made for this pair.
    ///
    /// - Throws: ``CryptoError`` `.malformed`, `.key` or `.tag`.
    public func open(_ sealed: [UInt8], identity: String, context: [UInt8]) throws(CryptoError) -> SecretBytes {
        try KeyAgreement.open(
            sealed, with: privateKey, publicKey: publicKey, identity: identity, context: context)
    }
}
