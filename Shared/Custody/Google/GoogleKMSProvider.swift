public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

public struct GoogleKMSConfiguration: Sendable, Equatable {
    /// `projects/P/locations/L/keyRings/R/cryptoKeys/K`, of purpose ENCRYPT_DECRYPT; of a key that signs, see
    /// ``GoogleKMSSigningKey``.
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
    private let connection: GoogleKMSConnection

    /// - Throws: `MasterKeyError` where key or endpoint are malformed; nothing is called yet.
    public init(_ configuration: GoogleKMSConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        connection = try GoogleKMSConnection(configuration, for: .wrapping, network: network)
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
    static let title = GoogleKMSConnection.title
    static let format = WrapFormat.googleKMS

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        let data = identity.associatedData
        var body = JSONWriter()
        body.set("plaintext", base64: key.bytes)
        body.set("plaintextCrc32c", Self.checksum(key))
        body.set("additionalAuthenticatedData", base64: data)
        body.set("additionalAuthenticatedDataCrc32c", "\(CRC32C.checksum(data))")
        let response = try await connection.call(.post, ":encrypt", body.finish()) { response in
            guard let ciphertext = response.string("ciphertext").flatMap({ Base64.decode($0) }) else { return false }
            return response.isTrue("verifiedPlaintextCrc32c")
                && response.isTrue("verifiedAdditionalAuthenticatedDataCrc32c")
                && response.integer("ciphertextCrc32c") == Int64(CRC32C.checksum(ciphertext))
        }
        guard let name = response.string("name"),
            let ciphertext = response.string("ciphertext").flatMap({ Base64.decode($0) })
        else { throw connection.unreadable }
        return EncryptedKey(keyName: name, ciphertext: ciphertext)
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        let data = identity.associatedData
        var body = JSONWriter()
        body.set("ciphertext", base64: encrypted.ciphertext)
        body.set("ciphertextCrc32c", "\(CRC32C.checksum(encrypted.ciphertext))")
        body.set("additionalAuthenticatedData", base64: data)
        body.set("additionalAuthenticatedDataCrc32c", "\(CRC32C.checksum(data))")
        let response = try await connection.call(.post, ":decrypt", body.finish()) { response in
            guard let key = try? Self.plaintext(response) else { return false }
            return response.integer("plaintextCrc32c").map { "\($0)" } == Self.checksum(key)
        }
        guard let key = try Self.plaintext(response) else { throw connection.unreadable }
        return key
    }

    private static func plaintext(_ response: HTTPResponse) throws -> SharedSecret? {
        try response.body.withUnsafeBytes { try JSONReader($0).secret(base64: "plaintext") }
    }

    private static func checksum(_ key: SharedSecret) -> String {
        "\(key.bytes.withUnsafeBytes { CRC32C.checksum($0) })"
    }
}
