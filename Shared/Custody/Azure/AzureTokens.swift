internal import FieldsealHTTP

/// How Azure knows us.
public enum AzureCredential: Sendable, Equatable {
    /// An application with a secret in a file.
    case clientSecret(tenant: String, client: String, secretFile: String)
    /// The identity of a virtual machine, App Service or container; `client` chooses among several.
    case managedIdentity(client: String?)
    /// A federated token, as AKS mounts it; nil: from `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE`.
    case workloadIdentity(tenant: String?, client: String?, tokenFile: String?)
}

/// Access tokens of Microsoft Entra ("OAuth 2.0 client credentials flow", Microsoft identity platform) and of managed
/// identities ("How to use managed identities to acquire an access token"; App Service: "REST endpoint reference").
struct AzureTokens: Sendable {
    static let title = "Microsoft Entra"

    let credential: AzureCredential
    /// E.g. `https://vault.azure.net`.
    let resource: String
    /// Nil: `AZURE_AUTHORITY_HOST` or the public cloud's.
    let authority: String?
    let network: ProviderNetwork

    func fetch() async throws -> Renewable<Confidential>.Issued {
        switch credential {
        case .clientSecret(let tenant, let client, let file):
            let secret = try SecretFile(path: file, holding: "Azure client secret", length: 1...4_096).readText()
            return try await ask(tenant: tenant, client: client, [("client_secret", secret.text)], source: file)
        case .workloadIdentity(let tenant, let client, let file):
            let tenant = try setting(tenant, "AZURE_TENANT_ID")
            let client = try setting(client, "AZURE_CLIENT_ID")
            let file = try setting(file, "AZURE_FEDERATED_TOKEN_FILE")
            let token = SecretFile(path: file, holding: "federated token", length: 1...20_000, readers: .platform)
            let proof = [
                (name: "client_assertion_type", value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                (name: "client_assertion", value: try token.readText().text),
            ]
            return try await ask(tenant: tenant, client: client, proof, source: file)
        case .managedIdentity(let client): return try await managedIdentity(client)
        }
    }

    private func setting(_ value: String?, _ variable: String) throws -> String {
        guard let value = value ?? network.environment(variable), !value.isEmpty else {
            throw MasterKeyError(code: .credential, description: "Azure workload identity: \(variable) is not set")
        }
        return value
    }

    private func ask(
        tenant: String, client: String, _ proof: [(name: String, value: String)], source: String
    ) async throws -> Renewable<Confidential>.Issued {
        let authority = try ProviderNetwork.base(
            authority ?? network.environment("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com",
            of: Self.title)
        let form =
            [
                (name: "grant_type", value: "client_credentials"), (name: "client_id", value: client),
                (name: "scope", value: "\(resource)/.default"),
            ] + proof
        let request = HTTPRequest(
            .post, "\(authority)/\(PercentEncoding.encode(tenant))/oauth2/v2.0/token",
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: HTTPBody(PercentEncoding.form(form)))
        let response = try await network.call(Self.title, request)
        guard response.isSuccess else {
            if let away = MasterKeyError.away(Self.title, response) { throw away }
            let word = MasterKeyError.word(response.string("error"))
            throw MasterKeyError(
                code: .credential,
                description:
                    "\(Self.title) does not accept client \(client) with \(source) (\(word)): check tenant, client "
                    + "and secret, and whether the secret has expired")
        }
        return try issued(response)
    }

    private func managedIdentity(_ client: String?) async throws -> Renewable<Confidential>.Issued {
        let title = "Azure's managed identity endpoint"
        var query = [(name: "resource", value: resource)]
        if let client { query.append((name: "client_id", value: client)) }
        let request: HTTPRequest
        if let endpoint = network.environment("IDENTITY_ENDPOINT"), let header = network.environment("IDENTITY_HEADER")
        {
            query.append((name: "api-version", value: "2019-08-01"))
            request = HTTPRequest(
                .get, "\(endpoint)?\(PercentEncoding.form(query))", headers: [("X-IDENTITY-HEADER", header)])
        } else {
            query.append((name: "api-version", value: "2018-02-01"))
            let host = network.environment("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? "http://169.254.169.254"
            request = HTTPRequest(
                .get, "\(host)/metadata/identity/oauth2/token?\(PercentEncoding.form(query))",
                headers: [("Metadata", "true")])
        }
        let response = try await network.callMetadata(title, request)
        guard response.isSuccess else {
            if let away = MasterKeyError.away(title, response) { throw away }
            throw MasterKeyError(
                code: .credential,
                description: "\(title) gave no token (\(response.status)): assign an identity to this machine")
        }
        return try issued(response)
    }

    private func issued(_ response: HTTPResponse) throws -> Renewable<Confidential>.Issued {
        // App Service says when, not how long.
        let end = response.seconds("expires_in").map { network.now() + $0 } ?? response.seconds("expires_on")
        guard let token = response.string("access_token"), let end else {
            throw MasterKeyError(code: .unavailable, description: "\(Self.title) gave a token that cannot be read")
        }
        return .init(value: Confidential(token), validUntil: end)
    }
}
