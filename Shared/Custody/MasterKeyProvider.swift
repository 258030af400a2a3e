public import FieldsealCrypto
public import FieldsealSecureMemory

/// Wraps master keys outside the hierarchy: a passphrase here, a cloud's KMS, Vault or a PKCS#11 module elsewhere.
public protocol MasterKeyProvider: Sendable {
    /// As it is configured, e.g. `passphrase`; stands in the key's metadata.
    var name: String { get }
    /// What stands beside keys that this provider wrapped.
    var algorithm: String { get }

    /// Wraps `key`, bound to `identity`.
    /// - Throws: `MasterKeyError`.
    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8]

    /// Opens what `wrap` made for the same identity.
    /// - Throws: `MasterKeyError`.
    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes
}

/// Why a master key could not be wrapped or unwrapped. The description is for the operator's log.
public struct MasterKeyError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The provider has no usable credential: the file is missing, too open, or no passphrase.
        case credential
        /// The credential is not the one under which the key was wrapped, or the wrap was altered.
        case refused
        /// The wrap is not of this provider, or its parameters are out of bounds.
        case malformed
        /// The provider does not answer, or says that it is busy: worth another attempt.
        case unavailable
    }

    public var code: Code
    public var description: String

    public init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
