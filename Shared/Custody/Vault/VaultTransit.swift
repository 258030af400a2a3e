internal import FieldsealHTTP

/// Calls of the Transit secrets engine for one key (Vault HTTP API).
struct VaultTransit: Sendable {
    /// With the engine's mount before it.
    let keyName: String
    private let mount: String
    private let key: String
    private let use: KeyUse
    private let connection: VaultConnection
    private let tokens: Renewable<VaultToken>

    /// - Throws: `MasterKeyError` where the address is malformed; nothing is called yet.
    init(_ configuration: VaultConfiguration, for use: KeyUse, network: ProviderNetwork) throws {
        (mount, key, self.use) = (configuration.mount, configuration.key, use)
        keyName = "\(mount)/\(key)"
        let connection = VaultConnection(
            address: try ProviderNetwork.base(configuration.address, of: VaultConnection.title),
            namespace: configuration.namespace, network: network)
        self.connection = connection
        let tokens = VaultTokens(login: configuration.login, connection: connection)
        self.tokens = Renewable(now: network.now) { try await tokens.fetch(last: $0) }
    }

    /// One that lapses cannot be renewed.
    func renewToken() async { _ = try? await tokens.current() }

    func call(
        _ method: HTTPRequest.Method, _ operation: String, _ body: HTTPBody? = nil
    ) async throws -> HTTPResponse {
        let path = "\(VaultConnection.path(mount))/\(operation)/\(PercentEncoding.encode(key))"
        var isSecondAttempt = false
        while true {
            let (token, issue) = try await tokens.current()
            let response = try await connection.call(method, path, token: token.token, body: body)
            guard !response.isSuccess else { return response }
            guard response.status == 403, !isSecondAttempt else { throw try await failure(response, token.token) }
            // A revoked token and a denied one look alike: once with a fresh one.
            isSecondAttempt = true
            await tokens.discard(issue: issue)
        }
    }

    private func failure(_ response: HTTPResponse, _ token: Confidential) async throws -> MasterKeyError {
        let text = String(decoding: response.body.bytes, as: UTF8.self)
        // Whatever its status: Vault gives this one of its own errors.
        if text.contains("requested version for signing") {
            return unusable("has not the version to sign with, or min_encryption_version shuts it out")
        }
        if let error = VaultConnection.unavailable(response) { return error }
        switch response.status {
        case 403:
            let own = try await connection.call(.get, "auth/token/lookup-self", token: token)
            guard own.isSuccess else {
                return MasterKeyError(
                    code: .credential, description: "Vault does not accept the token; give it a new one")
            }
            return MasterKeyError(
                code: .denied,
                description: "Vault denies the use of \(keyName): allow \(use.rights(mount, key)) in the token's policy"
            )
        case 404 where use == .signing && !text.contains("no handler for route"),
            400 where text.contains("key not found"):
            return MasterKeyError(code: .unknownKey, description: "Vault has no key \(keyName)")
        case 404:
            return MasterKeyError(
                code: .unknownKey,
                description: "Vault has no Transit engine at \(mount), or not in this namespace")
        case 400 where text.contains("associated data"):
            return unusable("takes no associated data: use one of type aes256-gcm96")
        case 400 where text.contains("missing 'context'"): return unusable("is derived: use one that is not")
        case 400 where text.contains("disallowed by policy"):
            return MasterKeyError(
                code: .unknownKey,
                description: "Vault's min_decryption_version of \(keyName) shuts out the wrapped key's version")
        default:
            return MasterKeyError(
                code: .refused, description: "Vault does not \(use.refusal(keyName, status: response.status))")
        }
    }

    func unusable(_ reason: String) -> MasterKeyError {
        MasterKeyError(code: .unknownKey, description: "Vault key \(keyName) \(reason)")
    }

    var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "Vault gave an answer that cannot be read")
    }
}

/// What the engine makes: `vault:vN:…`.
struct VaultOutput {
    let version: UInt32
    let payload: Substring

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "vault", parts[1].first == "v", !parts[2].isEmpty,
            let version = UInt32(parts[1].dropFirst())
        else { return nil }
        (self.version, payload) = (version, parts[2])
    }
}

extension KeyUse {
    fileprivate func rights(_ mount: String, _ key: String) -> String {
        switch self {
        case .wrapping: "update on \(mount)/encrypt/\(key) and \(mount)/decrypt/\(key)"
        case .signing: "read on \(mount)/keys/\(key) and update on \(mount)/sign/\(key)"
        }
    }

    fileprivate func refusal(_ key: String, status: Int) -> String {
        switch self {
        case .wrapping: "open the wrapped key (\(status)): it was altered or is another key's"
        case .signing: "sign with \(key) (\(status))"
        }
    }
}
