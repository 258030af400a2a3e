public import FieldsealCrypto
internal import FieldsealHTTP

/// A version of a signing key of Google Cloud KMS, of algorithm EC_SIGN_ED25519: `cryptoKeyVersions.getPublicKey` and
/// `.asymmetricSign` (Cloud KMS API v1), with CRC-32C checked on both ways.
public struct GoogleKMSSigningKey: RemoteSigningKey {
    private static let algorithm = "EC_SIGN_ED25519"

    public let configuration: GoogleKMSConfiguration
    public let version: Int
    private let connection: GoogleKMSConnection

    /// - Parameter version: from 1; a key that is given another goes on signing with this one.
    /// - Throws: `MasterKeyError` where key or endpoint are malformed; nothing is called yet.
    public init(_ configuration: GoogleKMSConfiguration, version: Int, network: ProviderNetwork) throws {
        (self.configuration, self.version) = (configuration, version)
        connection = try GoogleKMSConnection(configuration, version: version, for: .signing, network: network)
    }

    public func publicKey() async throws -> Ed25519PublicKey {
        let response = try await connection.call(.get, "/publicKey") { response in
            guard let pem = response.string("pem") else { return false }
            return response.integer("pemCrc32c") == Int64(CRC32C.checksum(Array(pem.utf8)))
        }
        try checkName(response)
        let algorithm = MasterKeyError.word(response.string("algorithm"))
        guard algorithm == Self.algorithm else {
            throw MasterKeyError(
                code: .unknownKey,
                description:
                    "Google Cloud KMS key \(connection.name) is of algorithm \(algorithm), not \(Self.algorithm)")
        }
        guard let key = response.string("pem").flatMap({ Ed25519PublicKey(pem: $0) }) else {
            throw connection.unreadable
        }
        return key
    }

    /// - Parameter message: at most 64 KiB.
    public func sign(_ message: [UInt8]) async throws -> [UInt8] {
        var body = JSONWriter()
        body.set("data", base64: message)
        body.set("dataCrc32c", "\(CRC32C.checksum(message))")
        let response = try await connection.call(.post, ":asymmetricSign", body.finish()) { response in
            guard let signature = response.string("signature").flatMap({ Base64.decode($0) }) else { return false }
            return response.isTrue("verifiedDataCrc32c")
                && response.integer("signatureCrc32c") == Int64(CRC32C.checksum(signature))
        }
        try checkName(response)
        guard let signature = response.string("signature").flatMap({ Ed25519PublicKey.signature(base64: $0) }) else {
            throw connection.unreadable
        }
        return signature
    }

    /// That the answer is of the version that was asked.
    private func checkName(_ response: HTTPResponse) throws {
        guard response.string("name") == connection.name else {
            throw MasterKeyError(
                code: .refused, description: "Google Cloud KMS answered for another key than \(connection.name)")
        }
    }
}
