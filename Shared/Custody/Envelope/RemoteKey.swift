internal import FieldsealCrypto
internal import FieldsealSecureMemory

/// A key that stays with its provider, which encrypts 32 bytes for us.
protocol RemoteKey: Sendable {
    /// For errors: `AWS KMS`, `Vault`.
    static var title: String { get }
    static var format: WrapFormat { get }

    /// - Parameter key: 32 bytes.
    func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey
    func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret
}

struct EncryptedKey: Sendable, Equatable {
    /// The provider's key and its version, as the provider calls them.
    var keyName: String
    /// As the provider gave it.
    var ciphertext: [UInt8]
}

/// What providers in the cloud store for a master key: a fresh wrapping key as the provider encrypted it, and the master
/// key sealed under that wrapping key as its identity.
///
/// So the provider never sees the master key, the identity is bound also where a provider knows no associated data, and
/// a wrong key from the provider does not open the seal.
///
///     u8 format ‖ u16 n ‖ n bytes key name (UTF-8) ‖ u16 m ‖ m bytes encrypted wrapping key ‖ sealed master key
///
/// Numbers are big endian; what stands before the sealed key is bound into the seal.
struct Envelope: Equatable {
    /// Bytes of a key name, and of a provider's ciphertext.
    static let maximumPartCount = 4_096
    private static let keyCount = KeyDerivation.keyCount

    var encrypted: EncryptedKey
    var sealedKey: [UInt8]

    /// - Throws: `MasterKeyError` `.malformed`.
    init(parsing bytes: [UInt8], format: WrapFormat, title: String) throws {
        let malformed = MasterKeyError(code: .malformed, description: "the key is not wrapped by \(title)")
        guard bytes.first == format.rawValue else { throw malformed }
        var rest = bytes.dropFirst()
        func takePart() throws -> [UInt8] {
            guard let high = rest.popFirst(), let low = rest.popFirst() else { throw malformed }
            let count = Int(high) << 8 | Int(low)
            guard count <= Self.maximumPartCount, rest.count >= count else { throw malformed }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        guard let name = String(validating: try takePart(), as: UTF8.self) else { throw malformed }
        encrypted = EncryptedKey(keyName: name, ciphertext: try takePart())
        sealedKey = Array(rest)
        guard (KeyWrapping.overhead + 1...KeyWrapping.overhead + KeyWrapping.maximumKeyCount).contains(sealedKey.count)
        else { throw malformed }
    }

    private static func header(_ format: WrapFormat, _ encrypted: EncryptedKey, _ title: String) throws -> [UInt8] {
        var header = [format.rawValue]
        for part in [Array(encrypted.keyName.utf8), encrypted.ciphertext] {
            guard (1...maximumPartCount).contains(part.count) else {
                throw MasterKeyError(code: .malformed, description: "\(title) made a ciphertext of \(part.count) bytes")
            }
            header += [UInt8(part.count >> 8), UInt8(part.count & 0xFF)] + part
        }
        return header
    }

    /// Has the provider open again what it encrypted before the result is trusted to hold a master key.
    static func wrap(
        _ key: borrowing SecretBytes, as identity: KeyIdentity, under remote: some RemoteKey
    ) async throws -> [UInt8] {
        let wrappingKey = SharedSecret(try SecretBytes.random(count: keyCount))
        let encrypted = try await remote.encrypt(wrappingKey, for: identity)
        let opened = try await remote.decrypt(encrypted, for: identity)
        guard constantTimeEquals(wrappingKey.bytes, opened.bytes) else { throw otherKey(remote) }
        let header = try header(type(of: remote).format, encrypted, type(of: remote).title)
        return header + (try KeyWrapping(under: wrappingKey.bytes).wrap(key, as: identity, binding: header))
    }

    static func unwrap(
        _ wrapped: [UInt8], as identity: KeyIdentity, under remote: some RemoteKey
    ) async throws -> SecretBytes {
        let (format, title) = (type(of: remote).format, type(of: remote).title)
        let envelope = try Envelope(parsing: wrapped, format: format, title: title)
        let wrappingKey = try await remote.decrypt(envelope.encrypted, for: identity)
        guard wrappingKey.bytes.count == keyCount else { throw otherKey(remote) }
        do {
            return try KeyWrapping(under: wrappingKey.bytes).unwrap(
                envelope.sealedKey, as: identity, binding: try header(format, envelope.encrypted, title))
        } catch let error as CryptoError where error.isRejection {
            throw otherKey(remote)
        }
    }

    private static func otherKey(_ remote: some RemoteKey) -> MasterKeyError {
        MasterKeyError(
            code: .refused,
            description:
                "\(type(of: remote).title) gave another key than it had encrypted, or the wrapped key was altered")
    }
}

extension KeyIdentity {
    /// What providers authenticate along with the wrapping key.
    var associatedData: [UInt8] { Array("fieldseal/v1 custody ".utf8) + bytes }
}
