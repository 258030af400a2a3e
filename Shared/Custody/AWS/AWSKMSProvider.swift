public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

public struct AWSKMSConfiguration: Sendable, Equatable {
    /// The id, ARN, alias (`alias/NAME`) or alias ARN of a symmetric encryption key.
    public var key: String
    /// Nil: from the key's ARN, `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile.
    public var region: String?
    /// Instead of `https://kms.REGION.amazonaws.com`, e.g. a VPC endpoint.
    public var endpoint: String?
    /// Instead of `https://sts.REGION.amazonaws.com`.
    public var tokenEndpoint: String?
    /// A profile of the shared files; nil: the usual chain of credential sources.
    public var profile: String?

    public init(
        key: String, region: String? = nil, endpoint: String? = nil, tokenEndpoint: String? = nil,
        profile: String? = nil
    ) {
        self.key = key
        self.region = region
        self.endpoint = endpoint
        self.tokenEndpoint = tokenEndpoint
        self.profile = profile
    }
}

/// A master key in the custody of AWS KMS: `Encrypt` and `Decrypt` (AWS KMS API Reference) with the identity as
/// encryption context, which CloudTrail shows. For the stored form see `Envelope`.
///
/// Credentials: environment, web identity, shared files, container, instance role; renewed ahead of their end.
public struct AWSKMSProvider: MasterKeyProvider {
    public let configuration: AWSKMSConfiguration
    private let region: String
    private let endpoint: String
    private let network: ProviderNetwork
    private let credentials: Renewable<AWSCredentials>

    /// - Throws: `MasterKeyError` where region or credentials are not configured; nothing is called yet.
    public init(_ configuration: AWSKMSConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        self.network = network
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
        endpoint = try ProviderNetwork.base(configuration.endpoint ?? "https://kms.\(region).\(domain)", of: "AWS KMS")
        let fetch = AWSCredentialFetch(
            source: try .resolve(profile: configuration.profile, environment: network.environment, files: files),
            network: network, files: files,
            tokenService: try ProviderNetwork.base(
                configuration.tokenEndpoint ?? "https://sts.\(region).\(domain)", of: "AWS STS"))
        credentials = Renewable(now: network.now) { _ in try await fetch.fetch() }
    }

    public var name: String { "aws-kms" }
    public var algorithm: String { "aws-kms+\(CipherSuite.xaes256GCMCommitting.name)" }
    public var keyName: String? { configuration.key }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await Envelope.wrap(key, as: identity, under: self)
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await Envelope.unwrap(wrapped, as: identity, under: self)
    }

    private static func region(ofARN key: String) -> String? {
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && parts[0] == "arn" && parts[2] == "kms" ? String(parts[3]) : nil
    }
}

extension AWSKMSProvider: RemoteKey {
    static let title = "AWS KMS"
    static let format = WrapFormat.awsKMS

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        let response = try await call("Encrypt", wrappedUnder: nil) { body in
            body.set("KeyId", configuration.key)
            body.set("Plaintext", base64: key.bytes)
            body.set("EncryptionContext", object: Self.context(identity))
        }
        guard let name = response.string("KeyId"),
            let ciphertext = response.string("CiphertextBlob").flatMap({ Base64.decode($0) })
        else { throw unreadable }
        return EncryptedKey(keyName: name, ciphertext: ciphertext)
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        // The configured key, not the stored name: nobody who edits the row chooses what opens it.
        let response = try await call("Decrypt", wrappedUnder: encrypted.keyName) { body in
            body.set("KeyId", configuration.key)
            body.set("CiphertextBlob", base64: encrypted.ciphertext)
            body.set("EncryptionContext", object: Self.context(identity))
        }
        guard let key = try response.body.withUnsafeBytes({ try JSONReader($0).secret(base64: "Plaintext") }) else {
            throw unreadable
        }
        return key
    }

    /// Readable in CloudTrail; the whole identity is bound by the envelope.
    static func context(_ identity: KeyIdentity) -> [(name: String, value: String)] {
        [
            ("fieldseal:kind", "\(identity.label)"), ("fieldseal:object", identity.object.description),
            ("fieldseal:row", identity.row.description), ("fieldseal:version", "\(identity.version)"),
        ]
    }

    private func call(
        _ operation: String, wrappedUnder: String?, _ write: (inout JSONWriter) -> Void
    ) async throws -> HTTPResponse {
        var writer = JSONWriter()
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
                throw failure.error(key: configuration.key, region: region, wrappedUnder: wrappedUnder)
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

    private var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "AWS KMS at \(endpoint) gave an answer that cannot be read")
    }
}
