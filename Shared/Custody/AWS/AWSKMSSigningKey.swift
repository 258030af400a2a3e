public import FieldsealCrypto
internal import FieldsealHTTP

/// A signing key of AWS KMS, of spec ECC_NIST_EDWARDS25519: `GetPublicKey`, and `Sign` by ED25519_SHA_512 (AWS KMS API
/// Reference). Such keys do not rotate; an alias, which can be moved to another key, does not name one.
public struct AWSKMSSigningKey: RemoteSigningKey {
    public let configuration: AWSKMSConfiguration
    private let connection: AWSKMSConnection

    /// - Throws: `MasterKeyError` for an alias, and where region or credentials are not configured; nothing is called yet.
    public init(_ configuration: AWSKMSConfiguration, network: ProviderNetwork) throws {
        guard !configuration.key.hasPrefix("alias/"), !configuration.key.contains(":alias/") else {
            throw MasterKeyError(
                code: .malformed,
                description: "AWS KMS: name a key that signs by its id or ARN; an alias can be moved to another key")
        }
        self.configuration = configuration
        connection = try AWSKMSConnection(configuration, for: .signing, network: network)
    }

    public func publicKey() async throws -> Ed25519PublicKey {
        let response = try await connection.call("GetPublicKey")
        guard let der = response.string("PublicKey").flatMap({ Base64.decode($0) }) else {
            throw connection.unreadable
        }
        guard let key = Ed25519PublicKey(subjectPublicKeyInfo: der) else {
            throw MasterKeyError(
                code: .unknownKey,
                description:
                    "AWS KMS key \(configuration.key) is none of Ed25519: it must be of spec ECC_NIST_EDWARDS25519")
        }
        return key
    }

    /// - Parameter message: 1 to 4,096 bytes.
    public func sign(_ message: [UInt8]) async throws -> [UInt8] {
        let response = try await connection.call("Sign") { body in
            body.set("Message", base64: message)
            body.set("MessageType", "RAW")
            body.set("SigningAlgorithm", "ED25519_SHA_512")
        }
        guard let signature = response.string("Signature").flatMap({ Ed25519PublicKey.signature(base64: $0) }) else {
            throw connection.unreadable
        }
        return signature
    }
}
