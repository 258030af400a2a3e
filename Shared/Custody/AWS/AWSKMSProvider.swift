public import FieldsealCrypto
internal import FieldsealHTTP
public import FieldsealSecureMemory

public struct AWSKMSConfiguration: Sendable, Equatable {
    /// The id, ARN, alias (`alias/NAME`) or alias ARN of a symmetric encryption key; of a key that signs, see
    /// ``AWSKMSSigningKey``.
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
public struct AWSKMSProvider: MasterKeyProvider {
    public let configuration: AWSKMSConfiguration
    private let connection: AWSKMSConnection

    /// - Throws: `MasterKeyError` where region or credentials are not configured; nothing is called yet.
    public init(_ configuration: AWSKMSConfiguration, network: ProviderNetwork) throws {
        self.configuration = configuration
        connection = try AWSKMSConnection(configuration, for: .wrapping, network: network)
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
}

extension AWSKMSProvider: RemoteKey {
    static let title = AWSKMSConnection.title
    static let format = WrapFormat.awsKMS

    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
        let response = try await connection.call("Encrypt") { body in
            body.set("Plaintext", base64: key.bytes)
            body.set("EncryptionContext", object: Self.context(identity))
        }
        guard let name = response.string("KeyId"),
            let ciphertext = response.string("CiphertextBlob").flatMap({ Base64.decode($0) })
        else { throw connection.unreadable }
        return EncryptedKey(keyName: name, ciphertext: ciphertext)
    }

    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
        // The configured key, not the stored name: nobody who edits the row chooses what opens it.
        let response = try await connection.call("Decrypt", wrappedUnder: encrypted.keyName) { body in
            body.set("CiphertextBlob", base64: encrypted.ciphertext)
            body.set("EncryptionContext", object: Self.context(identity))
        }
        guard let key = try response.body.withUnsafeBytes({ try JSONReader($0).secret(base64: "Plaintext") }) else {
            throw connection.unreadable
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
}
