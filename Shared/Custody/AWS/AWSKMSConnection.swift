internal import FieldsealHTTP

/// Signed calls of AWS KMS for one key (AWS KMS API Reference).
///
/// Credentials: environment, web identity, shared files, container, instance role; renewed ahead of their end.
struct AWSKMSConnection: Sendable {
    static let title = "AWS KMS"

    private let key: String
    private let use: KeyUse
    private let region: String
    private let endpoint: String
    private let network: ProviderNetwork
    private let credentials: Renewable<AWSCredentials>

    /// - Throws: `MasterKeyError` where region or credentials are not configured; nothing is called yet.
    init(_ configuration: AWSKMSConfiguration, for use: KeyUse, network: ProviderNetwork) throws {
        (key, self.use, self.network) = (configuration.key, use, network)
        let files = AWSSharedFiles(environment: network.environment)
        let profile = configuration.profile ?? network.environment("AWS_PROFILE") ?? "default"
        let region =
            try configuration.region ?? Self.region(ofARN: configuration.key) ?? network.environment("AWS_REGION")
            ?? network.environment("AWS_DEFAULT_REGION") ?? files.region(of: profile)
        guard let region, !region.isEmpty,
            region.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            })
        else {
            throw MasterKeyError(
                code: .credential,
                description: "AWS KMS: no region; configure it, name the key by its ARN or set AWS_REGION")
        }
        self.region = region
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        endpoint = try ProviderNetwork.base(
            configuration.endpoint ?? "https://kms.\(region).\(domain)", of: Self.title)
        let fetch = AWSCredentialFetch(
            source: try .resolve(profile: configuration.profile, environment: network.environment, files: files),
            network: network, files: files,
            tokenService: try ProviderNetwork.base(
                configuration.tokenEndpoint ?? "https://sts.\(region).\(domain)", of: "AWS STS"))
        credentials = Renewable(now: network.now) { _ in try await fetch.fetch() }
    }

    private static func region(ofARN key: String) -> String? {
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && parts[0] == "arn" && parts[2] == "kms" ? String(parts[3]) : nil
    }

    /// - Parameters:
    ///   - wrappedUnder: the key that the wrap names, for an unwrap.
    ///   - write: writes the operation's fields beside `KeyId`.
    func call(
        _ operation: String, wrappedUnder: String? = nil, _ write: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> HTTPResponse {
        var writer = JSONWriter()
        writer.set("KeyId", key)
        write(&writer)
        let body = writer.finish()
        var isSecondAttempt = false
        while true {
            let (credentials, issue) = try await credentials.current()
            var request = HTTPRequest(
                .post, "\(endpoint)/",
                headers: [
                    ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "TrentService.\(operation)"),
                ], body: body)
            try AWSSignature(region: region, service: "kms", at: network.now()).sign(&request, with: credentials)
            let response = try await network.call(Self.title, request, worthwhile: Self.isWorthwhile)
            guard !response.isSuccess else { return response }
            let failure = AWSKMSFailure(response)
            guard failure.isCredential, !isSecondAttempt else {
                throw failure.error(key: key, for: use, region: region, wrappedUnder: wrappedUnder)
            }
            // Revoked or expired ahead of their time: once with fresh ones.
            isSecondAttempt = true
            await self.credentials.discard(issue: issue)
        }
    }

    @Sendable private static func isWorthwhile(_ outcome: HTTPRetries.Outcome) -> Bool {
        if case .answered(let response) = outcome, response.status == 400 {
            return AWSKMSFailure(response).isThrottling
        }
        return HTTPRetries.isTransient(outcome)
    }

    var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "AWS KMS at \(endpoint) gave an answer that cannot be read")
    }
}
