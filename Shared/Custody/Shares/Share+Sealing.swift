public import FieldsealCrypto
internal import FieldsealSecureMemory

extension Share {
    /// A share's way: from the service that made it to the administrator, or from a person to the sealed process.
    public enum Way: String, Sendable {
        case made = "fieldseal/v1 made share"
        case given = "fieldseal/v1 given share"
    }

    /// Seals the share so that only the recipient opens it.
    ///
    /// - Parameters:
    ///   - recipient: its X25519 public key, 32 bytes.
    ///   - identity: its SPIFFE URI: the administrator's of a share that was `made`, the service's of one that is `given`.
    public func sealed(to recipient: [UInt8], identity: String, way: Way) throws -> [UInt8] {
        try KeyAgreement.seal(encoded(), to: recipient, identity: identity, context: Array(way.rawValue.utf8))
    }

    /// Opens what `sealed(to:identity:way:)` made.
    ///
    /// - Throws: `ShareError`.
    public init(sealed: [UInt8], pair: KeyAgreementKeyPair, identity: String, way: Way) throws {
        let encoded: SecretBytes
        do throws(CryptoError) {
            encoded = try pair.open(sealed, identity: identity, context: Array(way.rawValue.utf8))
        } catch {
            guard error.isRejection || error.code == .key else { throw error }
            throw ShareError.notSealed
        }
        try self.init(decoding: encoded)
    }
}
