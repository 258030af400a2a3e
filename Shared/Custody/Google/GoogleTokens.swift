internal import FieldsealHTTP

/// How Google knows us.
public enum GoogleCredential: Sendable, Equatable {
    /// `GOOGLE_APPLICATION_CREDENTIALS` where it is set, else the metadata server.
    case standard
    /// A service account's key in a JSON file.
    case serviceAccount(file: String)
    /// The service account of the machine, pod or function.
    case metadataServer
}

/// Access tokens of Google ("Using OAuth 2.0 for server to server applications"; "About VM metadata").
struct GoogleTokens: Sendable {
    static let title = "Google's token service"
    private static let scope = "https://www.googleapis.com/auth/cloudkms"

    let credential: GoogleCredential
    let network: ProviderNetwork

    func fetch() async throws -> Renewable<Confidential>.Issued {
        switch credential {
        case .serviceAccount(let file): return try await serviceAccount(file)
        case .metadataServer: return try await metadataServer()
        case .standard:
            guard let file = network.environment("GOOGLE_APPLICATION_CREDENTIALS"), !file.isEmpty else {
                return try await metadataServer()
            }
            return try await serviceAccount(file)
        }
    }

    private func serviceAccount(_ file: String) async throws -> Renewable<Confidential>.Issued {
        let account = try GoogleServiceAccount(file: file)
        guard let assertion = account.assertion(scope: Self.scope, at: network.now()) else {
            throw MasterKeyError(code: .credential, description: "\(file): its private key does not sign")
        }
        let form = PercentEncoding.form([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.text),
        ])
        let request = HTTPRequest(
            .post, account.tokenURL, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: HTTPBody(form))
        let response = try await network.call(Self.title, request)
        guard response.isSuccess else {
            if let away = MasterKeyError.away(Self.title, response) { throw away }
            let word = MasterKeyError.word(response.string("error"))
            throw MasterKeyError(
                code: .credential,
                description:
                    "\(Self.title) does not accept \(account.email) with \(file) (\(word)): check that the key is "
                    + "not deleted and that this machine's clock is right")
        }
        return try issued(response)
    }

    private func metadataServer() async throws -> Renewable<Confidential>.Issued {
        let title = "Google's metadata server"
        let host = network.environment("GCE_METADATA_HOST") ?? "metadata.google.internal"
        let response = try await network.callMetadata(
            title,
            HTTPRequest(
                .get, "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
                headers: [("Metadata-Flavor", "Google")]))
        guard response.isSuccess else {
            if let away = MasterKeyError.away(title, response) { throw away }
            throw MasterKeyError(
                code: .credential,
                description: "\(title) gave no token (\(response.status)): attach a service account to this machine")
        }
        return try issued(response)
    }

    private func issued(_ response: HTTPResponse) throws -> Renewable<Confidential>.Issued {
        guard let token = response.string("access_token"), let life = response.seconds("expires_in") else {
            throw MasterKeyError(code: .unavailable, description: "\(Self.title) gave a token that cannot be read")
        }
        return .init(value: Confidential(token), validUntil: network.now() + life)
    }
}
