public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

public struct GoogleKMSConfiguration: Sendable, Equatable {
    /// `projects/P/locations/L/keyRings/R/cryptoKeys/K`, of purpose ENCRYPT_DECRYPT.
    public var key: String
    public var credential: GoogleCredential
    /// Instead of `https://cloudkms.googleapis.com`, e.g. a regional endpoint.
    public var endpoint: String?

    public init(key: String, credential: GoogleCredential = .standard, endpoint: String? = nil) {
        self.key = key
        self.credential = credential
        self.endpoint = endpoint
    }
}

/// A master key in the custody of Google Cloud KMS: `cryptoKeys.encrypt` and `.decrypt` (Cloud KMS API v1) with the
/// identity as additional authenticated data and CRC-32C checked on both ways ("Verify end-to-end data integrity"). For
/// the stored form see `Envelope`; its key name is the crypto key version.
public struct GoogleKMSProvider: MasterKeyProvider {
    public let configuration: GoogleKMSConfiguration
    private let url: String
    private let network: ProviderNetwork
    private let tokens: Renewable<Confidential>

    /// - Throws: `MasterKeyError` where key or endpoint are malformed; nothing is called yet.
    public init(_ configuration: GoogleKMSConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        self.network = network
        let parts = configuration.key.split(separator: "/", omittingEmptySubsequences: false)
        let names = ["projects", "locations", "keyRings", "cryptoKeys"]
        guard parts.count == 8, names.indices.allSatisfy({ parts[2 * $0] == names[$0] && !parts[2 * $0 + 1].isEmpty })
        else {
            throw MasterKeyError(
                code: .malformed,
                description: "Google Cloud KMS: name the key as projects/P/locations/L/keyRings/R/cryptoKeys/K")
        }
        let endpoint = try ProviderNetwork.base(
            configuration.endpoint ?? "https://cloudkms.googleapis.com", of: "Google Cloud KMS")
        url = "\(endpoint)/v1/" + parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
        let tokens = GoogleTokens(credential: configuration.credential, network: network)
        self.tokens = Renewable(now: network.now) { _ in try await tokens.fetch() }
    }

    public var name: String { "google-kms" }
    public var algorithm: String { "google-kms+\(CipherSuite.xaes256GCMCommitting.name)" }
    public var keyName: String? { configuration.key }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await Envelope.wrap(key, as: identity, under: self)
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        try await Envelope.unwrap(wrapped, as: identity, under: self)
    }
}

extension GoogleKMSProvider: RemoteKey {
    static let title = "Google Cloud KMS"
    static let format = WrapFormat.googleKMS

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        let data = identity.associatedData
        var body = JSONWriter()
        body.set("plaintext", base64: key.bytes)
        body.set("plaintextCrc32c", Self.checksum(key))
        body.set("additionalAuthenticatedData", base64: data)
        body.set("additionalAuthenticatedDataCrc32c", "\(CRC32C.checksum(data))")
        let response = try await call("encrypt", body.finish()) { response in
            guard let ciphertext = response.string("ciphertext").flatMap({ Base64.decode($0) }) else { return false }
            return response.body.withUnsafeBytes { text in
                let json = JSONReader(text)
                return json.isTrue("verifiedPlaintextCrc32c")
                    && json.isTrue("verifiedAdditionalAuthenticatedDataCrc32c")
                    && json.integer("ciphertextCrc32c") == Int64(CRC32C.checksum(ciphertext))
            }
        }
        guard let name = response.string("name"),
            let ciphertext = response.string("ciphertext").flatMap({ Base64.decode($0) })
        else { throw unreadable }
        return EncryptedKey(keyName: name, ciphertext: ciphertext)
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        let data = identity.associatedData
        var body = JSONWriter()
        body.set("ciphertext", base64: encrypted.ciphertext)
        body.set("ciphertextCrc32c", "\(CRC32C.checksum(encrypted.ciphertext))")
        body.set("additionalAuthenticatedData", base64: data)
        body.set("additionalAuthenticatedDataCrc32c", "\(CRC32C.checksum(data))")
        let response = try await call("decrypt", body.finish()) { response in
            guard let key = try? Self.plaintext(response) else { return false }
            let checksum = response.body.withUnsafeBytes { JSONReader($0).integer("plaintextCrc32c") }
            return checksum.map { "\($0)" } == Self.checksum(key)
        }
        guard let key = try Self.plaintext(response) else { throw unreadable }
        return key
    }

    private static func plaintext(_ response: HTTPResponse) throws -> SharedSecret? {
        try response.body.withUnsafeBytes { try JSONReader($0).secret(base64: "plaintext") }
    }

    private static func checksum(_ key: SharedSecret) -> String {
        "\(key.bytes.withUnsafeBytes { CRC32C.checksum($0) })"
    }

    /// - Parameter isSound: whether an answer's checksums hold; one whose do not is asked for again.
    private func call(
        _ operation: String, _ body: HTTPBody, isSound: @escaping @Sendable (HTTPResponse) -> Bool
    ) async throws -> HTTPResponse {
        var isSecondAttempt = false
        while true {
            let (token, issue) = try await tokens.current()
            let request = HTTPRequest(
                .post, "\(url):\(operation)",
                headers: [("Authorization", "Bearer \(token.text)"), ("Content-Type", "application/json")], body: body)
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
        let key = configuration.key
        switch (response.status, word) {
        case (401, _):
            return MasterKeyError(
                code: .credential, description: "Google Cloud KMS does not accept the token: check the service account")
        case (403, _):
            return MasterKeyError(
                code: .denied,
                description: "Google Cloud KMS denies the use of \(key) (\(word)): give the service account the role "
                    + "roles/cloudkms.cryptoKeyEncrypterDecrypter, and enable the API")
        case (404, _): return MasterKeyError(code: .unknownKey, description: "Google Cloud KMS has no key \(key)")
        case (400, "FAILED_PRECONDITION"):
            return MasterKeyError(
                code: .unknownKey,
                description:
                    "Google Cloud KMS key \(key) cannot be used: its version is disabled, destroyed or has no primary")
        case (429, _), (500..., _):
            return MasterKeyError(
                code: .unavailable, description: "Google Cloud KMS answered \(response.status) (\(word))")
        default:
            return MasterKeyError(
                code: .refused,
                description:
                    "Google Cloud KMS does not open the wrapped key (\(response.status), \(word)): it was altered or "
                    + "is another's")
        }
    }

    private var unreadable: MasterKeyError {
        MasterKeyError(code: .unavailable, description: "Google Cloud KMS gave an answer that cannot be read")
    }
}
