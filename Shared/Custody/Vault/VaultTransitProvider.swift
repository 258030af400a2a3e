public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

/// A master key in the custody of HashiCorp Vault or OpenBao: `encrypt` and `decrypt` of the Transit secrets engine
/// (Vault HTTP API) with the identity as `associated_data`, which Vault has since 1.13 and OpenBao always. An older
/// Vault ignores it; the envelope binds the identity nevertheless. For the stored form see `Envelope`.
public struct VaultTransitProvider: MasterKeyProvider {
    public let configuration: VaultConfiguration
    private let transit: VaultTransit

    /// - Throws: `MasterKeyError` where the address is malformed; nothing is called yet.
    public init(_ configuration: VaultConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        transit = try VaultTransit(configuration, for: .wrapping, network: network)
    }

    public var name: String { "vault-transit" }
    public var algorithm: String { "vault-transit+\(CipherSuite.xaes256GCMCommitting.name)" }
    public var keyName: String? { transit.keyName }

    public func tick() async { await transit.renewToken() }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await Envelope.wrap(key, as: identity, under: self)
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await Envelope.unwrap(wrapped, as: identity, under: self)
    }
}

extension VaultTransitProvider: RemoteKey {
    static let title = VaultConnection.title
    static let format = WrapFormat.vaultTransit

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        var body = JSONWriter()
        body.set("plaintext", base64: key.bytes)
        body.set("associated_data", base64: identity.associatedData)
        let response = try await transit.call(.post, "encrypt", body.finish())
        guard let ciphertext = response.string("data", "ciphertext"), let output = VaultOutput(ciphertext) else {
            throw transit.unreadable
        }
        return EncryptedKey(keyName: "\(transit.keyName):v\(output.version)", ciphertext: Array(ciphertext.utf8))
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        guard let ciphertext = String(validating: encrypted.ciphertext, as: UTF8.self), VaultOutput(ciphertext) != nil
        else { throw MasterKeyError(code: .malformed, description: "the wrapped key is no ciphertext of Vault") }
        var body = JSONWriter()
        body.set("ciphertext", ciphertext)
        body.set("associated_data", base64: identity.associatedData)
        let response = try await transit.call(.post, "decrypt", body.finish())
        guard let key = try response.body.withUnsafeBytes({ try JSONReader($0).secret(base64: "data", "plaintext") })
        else { throw transit.unreadable }
        return key
    }
}
