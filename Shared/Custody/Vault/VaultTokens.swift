internal import FieldsealHTTP

struct VaultToken: Sendable {
    var token: Confidential
    var isRenewable: Bool
    /// Seconds that the token was first given; 0: it does not end.
    var lease: Int64
}

/// Gets Vault tokens by the configured login and renews them (`auth/token`, Vault HTTP API).
struct VaultTokens: Sendable {
    let login: VaultConfiguration.Login
    let connection: VaultConnection

    private var network: ProviderNetwork { connection.network }

    /// - Parameter last: still valid; renewed where it can be.
    func fetch(last: VaultToken?) async throws -> Renewable<VaultToken>.Issued {
        if let last, last.isRenewable, let renewed = try await renew(last) { return renewed }
        switch login {
        case .token(let file): return try await look(up: try token(file))
        case .appRole(let mount, let roleID, let secretIDFile):
            let secretID = try SecretFile(path: secretIDFile, holding: "AppRole secret id", length: 1...4_096)
                .readText()
            return try await logIn(mount, [("role_id", roleID), ("secret_id", secretID.text)])
        case .kubernetes(let mount, let role, let tokenFile):
            let token = SecretFile(
                path: tokenFile, holding: "service account token", length: 1...20_000, readers: .platform)
            return try await logIn(mount, [("role", role), ("jwt", try token.readText().text)])
        }
    }

    private func token(_ file: String?) throws -> Confidential {
        if let file { return try SecretFile(path: file, holding: "Vault token", length: 1...4_096).readText() }
        guard let token = network.environment("VAULT_TOKEN"), !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw MasterKeyError(code: .credential, description: "Vault: set VAULT_TOKEN or name a token file") }
        return Confidential(token)
    }

    /// Nil where a login gives a longer life: Vault refuses, or the token nears its maximum.
    private func renew(_ last: VaultToken) async throws -> Renewable<VaultToken>.Issued? {
        let response = try await connection.call(
            .post, "auth/token/renew-self", token: last.token, body: HTTPBody("{}"))
        guard response.isSuccess, let lease = response.seconds("auth", "lease_duration") else {
            if let error = VaultConnection.unavailable(response) { throw error }
            return nil
        }
        if case .token = login {} else if lease < last.lease / 2 { return nil }
        return .init(value: last, validUntil: lease == 0 ? nil : network.now() + lease)
    }

    private func look(up token: Confidential) async throws -> Renewable<VaultToken>.Issued {
        let response = try await connection.call(.get, "auth/token/lookup-self", token: token)
        guard response.isSuccess, let lease = response.seconds("data", "ttl") else {
            throw VaultConnection.unavailable(response)
                ?? MasterKeyError(code: .credential, description: "Vault does not accept the token; give it a new one")
        }
        let isRenewable = response.body.withUnsafeBytes { JSONReader($0).isTrue("data", "renewable") }
        return .init(
            value: VaultToken(token: token, isRenewable: isRenewable, lease: lease),
            validUntil: lease == 0 ? nil : network.now() + lease)
    }

    private func logIn(
        _ mount: String, _ fields: [(name: String, value: String)]
    ) async throws -> Renewable<VaultToken>.Issued {
        var body = JSONWriter()
        for field in fields { body.set(field.name, field.value) }
        let response = try await connection.call(
            .post, "auth/\(VaultConnection.path(mount))/login", token: nil, body: body.finish())
        guard response.isSuccess, let token = response.string("auth", "client_token"),
            let lease = response.seconds("auth", "lease_duration")
        else {
            throw VaultConnection.unavailable(response)
                ?? MasterKeyError(
                    code: .credential,
                    description:
                        "Vault does not accept the login at auth/\(mount) (\(response.status)): check role and secret")
        }
        let isRenewable = response.body.withUnsafeBytes { JSONReader($0).isTrue("auth", "renewable") }
        return .init(
            value: VaultToken(token: Confidential(token), isRenewable: isRenewable, lease: lease),
            validUntil: lease == 0 ? nil : network.now() + lease)
    }
}
