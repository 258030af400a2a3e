public import FieldsealCrypto
internal import FieldsealHTTP

/// A version of a signing key of HashiCorp Vault or OpenBao, of type `ed25519`, not derived: `/keys/NAME` and `/sign/NAME` of
/// the Transit secrets engine (Vault HTTP API).
public struct VaultTransitSigningKey: RemoteSigningKey {
    private static let type = "ed25519"

    public let configuration: VaultConfiguration
    public let version: Int
    private let transit: VaultTransit

    /// - Parameter version: from 1; a key that Vault rotates goes on signing with this one.
    /// - Throws: `MasterKeyError` where the address is malformed; nothing is called yet.
    public init(_ configuration: VaultConfiguration, version: Int, network: ProviderNetwork) throws {
        (self.configuration, self.version) = (configuration, version)
        transit = try VaultTransit(configuration, for: .signing, network: network)
    }

    public func publicKey() async throws -> Ed25519PublicKey {
        let response = try await transit.call(.get, "keys")
        guard let type = response.string("data", "type") else { throw transit.unreadable }
        guard type == Self.type else {
            throw transit.unusable("is of type \(MasterKeyError.word(type)): use one of type \(Self.type)")
        }
        guard !response.isTrue("data", "derived") else { throw transit.unusable("is derived: use one that is not") }
        // Of this type Vault gives the 32 bytes as they are, not a SubjectPublicKeyInfo.
        guard let text = response.string("data", "keys", "\(version)", "public_key") else {
            throw transit.unusable("has no version \(version)")
        }
        guard let key = Base64.decode(text).flatMap({ Ed25519PublicKey($0) }) else { throw transit.unreadable }
        return key
    }

    public func sign(_ message: [UInt8]) async throws -> [UInt8] {
        var body = JSONWriter()
        body.set("input", base64: message)
        body.set("key_version", Int64(version))
        let response = try await transit.call(.post, "sign", body.finish())
        guard let output = response.string("data", "signature").flatMap({ VaultOutput($0) }),
            let signature = Ed25519PublicKey.signature(base64: output.payload)
        else { throw transit.unreadable }
        guard output.version == version else {
            throw MasterKeyError(
                code: .refused,
                description: "Vault signed with version \(output.version) of \(transit.keyName), not \(version)")
        }
        return signature
    }
}
