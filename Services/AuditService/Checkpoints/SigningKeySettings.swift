import FieldsealCustody
import FieldsealSecureMemory
import FieldsealServiceRuntime
import FieldsealTransparencyLog

/// Where a key that signs checkpoints is kept.
enum SigningKeySettings: Sendable {
    case file(SecretFile)
    case token(PKCS11Configuration)

    /// Reads `PREFIXsigning-key`, a file, or the section `PREFIXsigning-token`; nil where there is neither.
    init?(_ section: ConfigurationSection, prefix: String = "") throws(ConfigurationError) {
        let (file, token) = ("\(prefix)signing-key", "\(prefix)signing-token")
        if section.has(token) {
            if let value = try section.value(file) {
                throw value.error("is given beside \(token): leave one of them out")
            }
            self = .token(try PKCS11Configuration(try section.section(token)))
        } else if let path = try section.pathIfPresent(of: file) {
            self = .file(SecretFile(path: path, holding: "signing key", length: 1...SignerKey.maximumCount))
        } else {
            return nil
        }
    }

    /// The key, which signs as `origin`.
    /// - Throws: `StartupError` that names the file or the token and what is wrong with it.
    func signer(origin: String) async throws -> any CheckpointSigner {
        switch self {
        case .file(let file): return try Self.signer(file, origin)
        case .token(let configuration):
            do {
                return try await TokenSigner(name: origin, key: PKCS11SigningKey(configuration))
            } catch let error as MasterKeyError where error.code == .unavailable {
                throw StartupError.unavailable("the log's signing key: \(error.description)")
            } catch let error as MasterKeyError {
                throw StartupError.configuration("the log's signing key: \(error.description)")
            } catch let error as SecretFileError {
                throw StartupError.configuration(error.description)
            } catch is NoteError {
                throw StartupError.configuration("\(origin) is no name of a key: it holds spaces or a plus sign")
            }
        }
    }

    private static func signer(_ file: SecretFile, _ origin: String) throws -> Ed25519Signer {
        let signer: Ed25519Signer
        do {
            signer = try SignerKey(parsing: try file.read()).signer()
        } catch let error as SecretFileError {
            throw StartupError.configuration(error.description)
        } catch is NoteError {
            throw StartupError.configuration("\(file.path) holds no signing key; fieldseal audit make-key makes one")
        }
        guard signer.key.name == origin else {
            throw StartupError.configuration(
                "\(file.path) is the key of \(signer.key.name), not of the origin \(origin)")
        }
        return signer
    }
}
