internal import FieldsealHTTP

/// Calls of Google Cloud KMS for one key or one version of it (Cloud KMS API v1).
struct GoogleKMSConnection: Sendable {
    static let title = "Google Cloud KMS"

    /// The resource's name.
    let name: String
    private let use: KeyUse
    private let url: String
    private let network: ProviderNetwork
    private let tokens: Renewable<Confidential>

    /// - Throws: `MasterKeyError` where key or endpoint are malformed; nothing is called yet.
    init(
        _ configuration: GoogleKMSConfiguration, version: Int? = nil, for use: KeyUse, network: ProviderNetwork
    ) throws {
        let parts = configuration.key.split(separator: "/", omittingEmptySubsequences: false)
        let names = ["projects", "locations", "keyRings", "cryptoKeys"]
        guard parts.count == 8, names.indices.allSatisfy({ parts[2 * $0] == names[$0] && !parts[2 * $0 + 1].isEmpty })
        else {
            throw MasterKeyError(
                code: .malformed,
                description: "Google Cloud KMS: name the key as projects/P/locations/L/keyRings/R/cryptoKeys/K")
        }
        let endpoint = try ProviderNetwork.base(
            configuration.endpoint ?? "https://cloudkms.googleapis.com", of: Self.title)
        let part = version.map { "/cryptoKeyVersions/\($0)" } ?? ""
        name = configuration.key + part
        url = "\(endpoint)/v1/" + parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/") + part
        let tokens = GoogleTokens(credential: configuration.credential, network: network)
        self.tokens = Renewable(now: network.now) { _ in try await tokens.fetch() }
        (self.use, self.network) = (use, network)
    }

    /// - Parameters:
    ///   - suffix: what follows the resource's name, e.g. `:encrypt`.
    ///   - isSound: whether an answer's checksums hold; one whose do not is asked for again.
    func call(
        _ method: HTTPRequest.Method, _ suffix: String, _ body: HTTPBody? = nil,
        isSound: @escaping @Sendable (HTTPResponse) -> Bool
    ) async throws -> HTTPResponse {
        var isSecondAttempt = false
        while true {
            let (token, issue) = try await tokens.current()
            var request = HTTPRequest(
                method, url + suffix, headers: [("Authorization", "Bearer \(token.text)")], body: body)
            if body != nil { request.headers.append((name: "Content-Type", value: "application/json")) }
            let response = try await network.call(Self.title, request) { outcome in
                if case .answered(let response) = outcome, response.isSuccess { return !isSound(response) }
                return HTTPRetries.isTransient(outcome)
            }
            if response.isSuccess {
                guard isSound(response) else {
                    throw MasterKeyError(
                        code: .unavailable,
                        description: "Google Cloud KMS: the bytes were damaged on their way (CRC32C)")
                }
                return response
            }
            guard response.status == 401, !isSecondAttempt else { throw failure(response) }
            isSecondAttempt = true
            await tokens.discard(issue: issue)
        }
    }

    private func failure(_ response: HTTPResponse) -> MasterKeyError {
        let word = MasterKeyError.word(response.string("error", "status"))
        switch (response.status, word) {
        case (401, _):
            return MasterKeyError(
                code: .credential, description: "Google Cloud KMS does not accept the token: check the service account")
        case (403, _):
            return MasterKeyError(
                code: .denied,
                description: "Google Cloud KMS denies the use of \(name) (\(word)): give the service account the role "
                    + "\(use.role), and enable the API")
        case (404, _): return MasterKeyError(code: .unknownKey, description: "Google Cloud KMS has no key \(name)")
        case (400, "FAILED_PRECONDITION"):
            return MasterKeyError(
                code: .unknownKey, description: "Google Cloud KMS key \(name) cannot be used: \(use.hindrance)")
        case (429, _), (500..., _):
            return MasterKeyError(
                code: .unavailable, description: "Google Cloud KMS answered \(response.status) (\(word))")
        default:
            return MasterKeyError(
                code: .refused,
                description: "Google Cloud KMS does not \(use.refusal) (\(response.status), \(word)): \(use.cause)")
        }
    }

    var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "Google Cloud KMS gave an answer that cannot be read")
    }
}

extension KeyUse {
    fileprivate var role: String {
        switch self {
        case .wrapping: "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        case .signing: "roles/cloudkms.signerVerifier"
        }
    }

    fileprivate var hindrance: String {
        switch self {
        case .wrapping: "its version is disabled, destroyed or has no primary"
        case .signing: "it is disabled or destroyed, or not of purpose ASYMMETRIC_SIGN"
        }
    }

    fileprivate var refusal: String {
        switch self {
        case .wrapping: "open the wrapped key"
        case .signing: "sign"
        }
    }

    fileprivate var cause: String {
        switch self {
        case .wrapping: "it was altered or is another's"
        case .signing: "the key must be of purpose ASYMMETRIC_SIGN and algorithm EC_SIGN_ED25519"
        }
    }
}
