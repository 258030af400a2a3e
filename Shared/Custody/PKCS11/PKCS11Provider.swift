public import FieldsealCrypto
public import FieldsealSecureMemory

public struct PKCS11Configuration: Sendable {
    public enum Token: Sendable, CustomStringConvertible {
        case label(String)
        case slot(UInt)

        public var description: String {
            switch self {
            case .label(let label): "labelled \(label)"
            case .slot(let slot): "in slot \(slot)"
            }
        }
    }

    /// The path of the module's shared library.
    public var module: String
    public var token: Token
    /// The label of the key on it.
    public var keyLabel: String
    public var pinFile: PINFile
    /// What one call into the module may take, in seconds.
    public var limitSeconds = 30

    public init(module: String, token: Token, keyLabel: String, pinFile: PINFile) {
        self.module = module
        self.token = token
        self.keyLabel = keyLabel
        self.pinFile = pinFile
    }
}

/// Custody by a hardware security module: the master key encrypted by an AES key that never leaves its token.
///
/// Wrapped form: u8 format 6 ‖ 12 bytes IV ‖ encrypted key ‖ 16 bytes tag: CKM_AES_GCM with
/// "fieldseal/v1 pkcs11" ‖ identity as associated data. The PIN is read from its file for each login; a PIN that the token
/// refused is never tried twice.
public final class PKCS11Provider: MasterKeyProvider {
    static let format = WrapFormat.pkcs11.rawValue
    private static let label = Array("fieldseal/v1 pkcs11".utf8)

    private let connection: PKCS11Connection

    public init(_ configuration: PKCS11Configuration) { connection = PKCS11Connection(configuration) }

    public var configuration: PKCS11Configuration { connection.configuration }

    public var name: String { "pkcs11" }
    public var algorithm: String { "pkcs11+aes-gcm" }
    public var keyName: String? { "key \(configuration.keyLabel) on the token \(configuration.token)" }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        let key = SharedSecret(try key.copy())
        return [Self.format]
            + (try await perform { try $0.seal(key.bytes, associatedData: Self.label + identity.bytes) })
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        guard wrapped.count > 1 + PKCS11Token.ivCount + PKCS11Token.tagCount, wrapped.count <= 256,
            wrapped[0] == Self.format
        else { throw MasterKeyError(code: .malformed, description: "the master key is not wrapped by a token") }
        let sealed = Array(wrapped[1...])
        let opened = try await perform {
            SharedSecret(try $0.open(sealed, associatedData: Self.label + identity.bytes))
        }
        return try opened.bytes.copy()
    }

    /// Makes the configured key on the token; for setting it up where there is no other tool.
    public func makeKey() async throws { try await perform { try $0.makeKey() } }

    /// As when the token is taken away; for tests.
    func closeAllSessions() async throws { try await perform { try $0.closeAllSessions() } }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PKCS11Token) throws -> Value
    ) async throws -> Value { try await connection.perform(body) }
}
