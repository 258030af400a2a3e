public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

public struct AzureKeyVaultConfiguration: Sendable, Equatable {
    public enum Algorithm: String, Sendable, CaseIterable {
        /// An RSA key, of a vault or a managed HSM.
        case rsaOAEP256 = "RSA-OAEP-256"
        /// A symmetric key of a managed HSM.
        case aes256KeyWrap = "A256KW"
    }

    /// `https://NAME.vault.azure.net` or `https://NAME.managedhsm.azure.net`.
    public var vault: String
    public var key: String
    /// 32 hexadecimal digits; nil: the newest at the time of wrapping.
    public var version: String?
    public var algorithm: Algorithm
    public var credential: AzureCredential
    /// Instead of `https://login.microsoftonline.com`.
    public var authority: String?
    /// For what tokens are asked; nil: by the vault's address, e.g. `https://vault.azure.net` for
    /// `https://NAME.vault.azure.net`, which holds in every Azure cloud.
    public var resource: String?

    public init(
        vault: String, key: String, version: String? = nil, algorithm: Algorithm = .rsaOAEP256,
        credential: AzureCredential, authority: String? = nil, resource: String? = nil
    ) {
        self.vault = vault
        self.key = key
        self.version = version
        self.algorithm = algorithm
        self.credential = credential
        self.authority = authority
        self.resource = resource
    }
}

/// A master key in the custody of Azure Key Vault or a managed HSM: `wrapKey` and `unwrapKey` (Key Vault REST API 7.4).
/// Azure knows no associated data: the envelope alone binds the identity. For the stored form see `Envelope`; its key
/// name is the key identifier with the version.
///
/// RSA wrapping is open to whoever has the public key: it keeps the master key secret and tells nobody's origin, which
/// the key's check value in the store does.
public struct AzureKeyVaultProvider: MasterKeyProvider {
    private static let interfaceVersion = "api-version=7.4"

    public let configuration: AzureKeyVaultConfiguration
    private let vault: String
    private let network: ProviderNetwork
    private let tokens: Renewable<Confidential>

    /// - Throws: `MasterKeyError` where the address is malformed; nothing is called yet.
    public init(_ configuration: AzureKeyVaultConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        self.network = network
        vault = try ProviderNetwork.base(configuration.vault, of: "Azure Key Vault")
        guard configuration.version.map(Self.isVersion) ?? true else {
            throw MasterKeyError(
                code: .malformed, description: "Azure Key Vault: a key version is 32 hexadecimal digits")
        }
        let tokens = AzureTokens(
            credential: configuration.credential,
            resource: configuration.resource ?? Self.resource(of: vault), authority: configuration.authority,
            network: network)
        self.tokens = Renewable(now: network.now) { _ in try await tokens.fetch() }
    }

    public var name: String { "azure-key-vault" }
    public var algorithm: String {
        "azure-key-vault:\(configuration.algorithm.rawValue)+\(CipherSuite.xaes256GCMCommitting.name)"
    }
    public var keyName: String? { "\(vault)/keys/\(configuration.key)" }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await Envelope.wrap(key, as: identity, under: self)
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await Envelope.unwrap(wrapped, as: identity, under: self)
    }

    /// The service that a vault is of: its address without the vault's own name.
    static func resource(of vault: String) -> String {
        let host = vault.dropFirst("https://".count)
        guard let dot = host.firstIndex(of: ".") else { return "https://vault.azure.net" }
        return "https://\(host[host.index(after: dot)...].prefix { $0 != ":" && $0 != "/" })"
    }

    static func isVersion(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension AzureKeyVaultProvider: RemoteKey {
    static let title = "Azure Key Vault"
    static let format = WrapFormat.azureKeyVault

    private var keyPath: String { "\(vault)/keys/\(PercentEncoding.encode(configuration.key))" }

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        let version = try await currentVersion()
        var body = JSONWriter()
        body.set("alg", configuration.algorithm.rawValue)
        body.set("value", base64: key.bytes, alphabet: .url)
        let response = try await call(.post, "\(keyPath)/\(version)/wrapkey", body.finish())
        guard let ciphertext = response.string("value").flatMap({ Base64.decode($0, .url) }) else { throw unreadable }
        return EncryptedKey(keyName: "\(vault)/keys/\(configuration.key)/\(version)", ciphertext: ciphertext)
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        // The version is the wrap's, vault and key are the configured ones: no row chooses what opens it.
        let version = encrypted.keyName.split(separator: "/").last.map(String.init) ?? ""
        guard Self.isVersion(version) else {
            throw MasterKeyError(
                code: .malformed, description: "the wrapped key names no key version of Azure Key Vault")
        }
        var body = JSONWriter()
        body.set("alg", configuration.algorithm.rawValue)
        body.set("value", Base64.encode(encrypted.ciphertext, .url))
        let response = try await call(.post, "\(keyPath)/\(version)/unwrapkey", body.finish())
        let key = try response.body.withUnsafeBytes { try JSONReader($0).secret(base64: "value", alphabet: .url) }
        guard let key else { throw unreadable }
        return key
    }

    private func currentVersion() async throws -> String {
        if let version = configuration.version { return version }
        let response = try await call(.get, keyPath, nil)
        guard let identifier = response.string("key", "kid"),
            let version = identifier.split(separator: "/").last.map(String.init), Self.isVersion(version)
        else { throw unreadable }
        return version
    }

    private func call(_ method: HTTPRequest.Method, _ url: String, _ body: HTTPBody?) async throws -> HTTPResponse {
        var isSecondAttempt = false
        while true {
            let (token, issue) = try await tokens.current()
            var headers = [(name: "Authorization", value: "Bearer \(token.text)")]
            if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
            let request = HTTPRequest(method, "\(url)?\(Self.interfaceVersion)", headers: headers, body: body)
            let response = try await network.call(Self.title, request)
            guard !response.isSuccess else { return response }
            guard response.status == 401, !isSecondAttempt else { throw failure(response) }
            isSecondAttempt = true
            await tokens.discard(issue: issue)
        }
    }

    private func failure(_ response: HTTPResponse) -> MasterKeyError {
        let word = MasterKeyError.word(
            response.string("error", "innererror", "code") ?? response.string("error", "code"))
        let key = "\(vault)/keys/\(configuration.key)"
        switch response.status {
        case 401:
            return MasterKeyError(
                code: .credential,
                description: "Azure Key Vault does not accept the token: check that the client's tenant is the vault's")
        case 403 where word == "KeyDisabled" || word == "KeyNotYetValid" || word == "KeyExpired":
            return MasterKeyError(
                code: .unknownKey, description: "Azure key \(key) cannot be used (\(word)): enable it")
        case 403:
            return MasterKeyError(
                code: .denied,
                description: "Azure Key Vault denies the use of \(key) (\(word)): give the identity the role Key Vault "
                    + "Crypto User (get, wrapKey, unwrapKey) and let the vault's firewall pass it")
        case 404:
            return MasterKeyError(
                code: .unknownKey, description: "Azure Key Vault has no key \(key), or not this version")
        case 429, 500...:
            return MasterKeyError(
                code: .unavailable, description: "Azure Key Vault answered \(response.status) (\(word))")
        default:
            return MasterKeyError(
                code: .refused,
                description:
                    "Azure Key Vault does not open the wrapped key (\(response.status), \(word)): it was altered, or "
                    + "\(configuration.algorithm.rawValue) is not this key's algorithm")
        }
    }

    private var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "Azure Key Vault gave an answer that cannot be read")
    }
}
