public import FieldsealCrypto

/// An Ed25519 key that never leaves its token: signatures by CKM_EDDSA.
///
/// The configuration's label is that of both halves. The PIN is read from its file for each login; a PIN that the token refused
/// is never tried twice.
public final class PKCS11SigningKey: RemoteSigningKey {
    private let connection: PKCS11Connection

    public init(_ configuration: PKCS11Configuration) { connection = PKCS11Connection(configuration) }

    public var configuration: PKCS11Configuration { connection.configuration }

    public func publicKey() async throws -> Ed25519PublicKey { try await connection.perform { try $0.publicKey() } }

    public func sign(_ message: [UInt8]) async throws -> [UInt8] {
        try await connection.perform { try $0.sign(message) }
    }

    /// Makes the configured key on the token.
    /// - Throws: ``MasterKeyError``, where there is one of this label too.
    public func makeKey() async throws { try await connection.perform { try $0.makeSigningKey() } }
}
