public import FieldsealCrypto
public import FieldsealSecureMemory

/// Wraps master keys outside the hierarchy: a passphrase here, a cloud's KMS, Vault or a PKCS#11 module elsewhere.
public protocol MasterKeyProvider: Sendable {
    /// As it is configured, e.g. `passphrase`; stands in the key's metadata.
    var name: String { get }
    /// What stands beside keys that this provider wrapped.
    var algorithm: String { get }
    /// The key that wraps, as operators of the provider name it, e.g. an ARN; nil where it has no name.
    var keyName: String? { get }

    /// Whether this process itself makes the wraps, so that opening one again would prove nothing; default: no.
    var wrapsLocally: Bool { get }

    /// Tells at start whether the provider can be reached, lets us in and uses its key; default: wraps and opens a
    /// probe.
    /// - Throws: `MasterKeyError`.
    func check() async throws

    /// Called about once a minute: renews what must not lapse between uses, such as a Vault token; default: nothing.
    /// What goes wrong shows at the next use.
    func tick() async

    /// Wraps `key`, bound to `identity`.
    /// - Throws: `MasterKeyError`.
    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8]

    /// Opens what `wrap` made for the same identity.
    /// - Throws: `MasterKeyError`.
    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes
}

extension MasterKeyProvider {
    public var keyName: String? { nil }
    public var wrapsLocally: Bool { false }

    public func tick() async {}

    public func check() async throws {
        let probe = try SecretBytes.random(count: KeyDerivation.keyCount)
        let identity = KeyIdentity(kind: .master, row: .random(), object: .random(), version: .random(), parent: nil)
        let opened = try await unwrap(try await wrap(probe, as: identity), as: identity)
        guard constantTimeEquals(probe, opened) else {
            throw MasterKeyError(code: .refused, description: "\(name) opened another key than it had wrapped")
        }
    }
}

/// The first byte of what a provider made; stored, so they never change.
enum WrapFormat: UInt8 {
    case passphrase = 1
    case awsKMS = 2
    case vaultTransit = 3
    case azureKeyVault = 4
    case googleKMS = 5
    case pkcs11 = 6
    case shares = 7
}

/// Why a key could not be used where it is kept: a master key not wrapped or unwrapped, nothing signed. The description is
/// for the operator's log.
public struct MasterKeyError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// There is no usable credential (a file is missing or too open), or the provider does not know it.
        case credential
        /// The provider knows the credential and does not let it use the key.
        case denied
        /// The provider has no such key, or does not let anybody use it: it is disabled, destroyed or of another kind.
        case unknownKey
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
