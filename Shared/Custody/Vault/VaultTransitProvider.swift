public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

/// A master key in the custody of HashiCorp Vault or OpenBao: `encrypt` and `decrypt` of the Transit secrets engine
/// (Vault HTTP API) with the identity as `associated_data`, which Vault has since 1.13 and OpenBao always. An older
/// Vault ignores it; the envelope binds the identity nevertheless. For the stored form see `Envelope`.
public struct VaultTransitProvider: MasterKeyProvider {
    public let configuration: VaultConfiguration
    private let connection: VaultConnection
    private let tokens: Renewable<VaultToken>

    /// - Throws: `MasterKeyError` where the address is malformed; nothing is called yet.
    public init(_ configuration: VaultConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        let connection = VaultConnection(
            address: try ProviderNetwork.base(configuration.address, of: "Vault"), namespace: configuration.namespace,
            network: network)
        self.connection = connection
        let tokens = VaultTokens(login: configuration.login, connection: connection)
        self.tokens = Renewable(now: network.now) { try await tokens.fetch(last: $0) }
    }

    public var name: String { "vault-transit" }
    public var algorithm: String { "vault-transit+\(CipherSuite.xaes256GCMCommitting.name)" }
    public var keyName: String? { "\(configuration.mount)/\(configuration.key)" }

    /// Renews the token: one that lapses cannot be renewed.
    public func tick() async { _ = try? await tokens.current() }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await Envelope.wrap(key, as: identity, under: self)
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await Envelope.unwrap(wrapped, as: identity, under: self)
    }
}

extension VaultTransitProvider: RemoteKey {
    static let title = "Vault"
    static let format = WrapFormat.vaultTransit

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        var body = JSONWriter()
        body.set("plaintext", base64: key.bytes)
        body.set("associated_data", base64: identity.associatedData)
        let response = try await call("encrypt", body.finish())
        guard let ciphertext = response.string("data", "ciphertext"), let version = Self.version(of: ciphertext) else {
            throw unreadable
        }
        return EncryptedKey(
            keyName: "\(configuration.mount)/\(configuration.key):v\(version)", ciphertext: Array(ciphertext.utf8))
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        guard let ciphertext = String(validating: encrypted.ciphertext, as: UTF8.self),
            Self.version(of: ciphertext) != nil
        else { throw MasterKeyError(code: .malformed, description: "the wrapped key is no ciphertext of Vault") }
        var body = JSONWriter()
        body.set("ciphertext", ciphertext)
        body.set("associated_data", base64: identity.associatedData)
        let response = try await call("decrypt", body.finish())
        guard let key = try response.body.withUnsafeBytes({ try JSONReader($0).secret(base64: "data", "plaintext") })
        else { throw unreadable }
        return key
    }

    /// The key version in `vault:vN:…`.
    static func version(of ciphertext: String) -> UInt32? {
        let parts = ciphertext.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "vault", parts[1].first == "v", !parts[2].isEmpty else { return nil }
        return UInt32(parts[1].dropFirst())
    }

    private func call(_ operation: String, _ body: HTTPBody) async throws -> HTTPResponse {
        let path =
            "\(VaultConnection.path(configuration.mount))/\(operation)/\(PercentEncoding.encode(configuration.key))"
        var isSecondAttempt = false
        while true {
            let (token, issue) = try await tokens.current()
            let response = try await connection.call(.post, path, token: token.token, body: body)
            guard !response.isSuccess else { return response }
            guard response.status == 403, !isSecondAttempt else { throw try await failure(response, token.token) }
            // A revoked token and a denied one look alike: once with a fresh one.
            isSecondAttempt = true
            await tokens.discard(issue: issue)
        }
    }

    private func failure(_ response: HTTPResponse, _ token: Confidential) async throws -> MasterKeyError {
        if let error = VaultConnection.unavailable(response) { return error }
        let key = "\(configuration.mount)/\(configuration.key)"
        let text = String(decoding: response.body.bytes, as: UTF8.self)
        switch response.status {
        case 403:
            let own = try await connection.call(.get, "auth/token/lookup-self", token: token)
            guard own.isSuccess else {
                return MasterKeyError(
                    code: .credential, description: "Vault does not accept the token; give it a new one")
            }
            return MasterKeyError(
                code: .denied,
                description: "Vault denies the use of \(key): allow update on \(configuration.mount)/encrypt/"
                    + "\(configuration.key) and \(configuration.mount)/decrypt/\(configuration.key) in the token's policy"
            )
        case 404:
            return MasterKeyError(
                code: .unknownKey,
                description: "Vault has no Transit engine at \(configuration.mount), or not in this namespace")
        case 400 where text.contains("encryption key not found"):
            return MasterKeyError(code: .unknownKey, description: "Vault has no key \(key)")
        case 400 where text.contains("associated data"):
            return MasterKeyError(
                code: .unknownKey,
                description: "Vault key \(key) takes no associated data: use one of type aes256-gcm96")
        case 400 where text.contains("missing 'context'"):
            return MasterKeyError(code: .unknownKey, description: "Vault key \(key) is derived: use one that is not")
        case 400 where text.contains("disallowed by policy"):
            return MasterKeyError(
                code: .unknownKey,
                description: "Vault's min_decryption_version of \(key) shuts out the wrapped key's version")
        default:
            return MasterKeyError(
                code: .refused,
                description:
                    "Vault does not open the wrapped key (\(response.status)): it was altered or is another key's")
        }
    }

    private var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "Vault gave an answer that cannot be read")
    }
}
