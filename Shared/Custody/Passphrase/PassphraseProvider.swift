public import FieldsealCrypto
public import FieldsealSecureMemory
internal import NIOPosix

/// The embedded custody: the master key wrapped under scrypt of a passphrase in a file.
///
/// Wrapped form: u8 format 1 ‖ u8 log2 N ‖ u8 r (8) ‖ u8 p ‖ 32 bytes salt ‖ wrapped key. The first 36 bytes are bound
/// into the wrap. The file is read for each use; the passphrase stays in memory no longer.
public struct PassphraseProvider: MasterKeyProvider {
    static let format = WrapFormat.passphrase.rawValue
    static let blockSize: UInt8 = 8
    static let headerCount = 4 + Scrypt.saltCount

    public let file: PassphraseFile
    /// For new wraps; old ones keep the parameters that stand in them.
    public let scrypt: Scrypt

    public init(file: PassphraseFile, scrypt: Scrypt) {
        self.file = file
        self.scrypt = scrypt
    }

    public var name: String { "passphrase" }
    public var keyName: String? { file.path }
    /// scrypt takes its time, which a rotation needs not twice.
    public var wrapsLocally: Bool { true }
    public var algorithm: String { "scrypt+\(CipherSuite.xaes256GCMCommitting.name)" }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        let salt = try SecureRandom.bytes(Scrypt.saltCount)
        let header = [Self.format, scrypt.costExponent, Self.blockSize, scrypt.parallelism] + salt
        let wrappingKey = try await wrappingKey(scrypt, salt: salt)
        return header + (try KeyWrapping(under: wrappingKey.bytes).wrap(key, as: identity, binding: header))
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        guard wrapped.count > Self.headerCount, wrapped[0] == Self.format, wrapped[2] == Self.blockSize else {
            throw MasterKeyError(code: .malformed, description: "the master key is not wrapped under a passphrase")
        }
        let parameters: Scrypt
        do {
            parameters = try Scrypt(costExponent: wrapped[1], parallelism: wrapped[3])
        } catch {
            throw MasterKeyError(code: .malformed, description: "the wrap's scrypt parameters are out of bounds")
        }
        let header = Array(wrapped[..<Self.headerCount])
        let wrappingKey = try await wrappingKey(parameters, salt: Array(header[4...]))
        return try open(Array(wrapped[Self.headerCount...]), under: wrappingKey, as: identity, binding: header)
    }

    private func open(
        _ wrapped: [UInt8], under wrappingKey: SharedSecret, as identity: KeyIdentity, binding: [UInt8]
    ) throws -> SecretBytes {
        do {
            return try KeyWrapping(under: wrappingKey.bytes).unwrap(wrapped, as: identity, binding: binding)
        } catch {
            guard error.isRejection else { throw error }
            throw MasterKeyError(
                code: .refused, description: "wrong passphrase in \(file.path), or the wrapped master key was altered")
        }
    }

    /// Takes a good part of a second and 128 MiB and more, on a thread of its own.
    private func wrappingKey(_ scrypt: Scrypt, salt: [UInt8]) async throws -> SharedSecret {
        let file = file
        return try await NIOThreadPool.singleton.runIfActive {
            SharedSecret(try scrypt.deriveKey(passphrase: try file.read(), salt: salt))
        }
    }
}
