import FieldsealCustody
import FieldsealSecureMemory
import FieldsealServiceRuntime
import FieldsealTransparencyLog

/// Where a key that signs checkpoints is kept.
enum SigningKeySettings: Sendable {
    case file(SecretFile)
    /// On a token, or with a key service.
    case remote(any RemoteSigningKey)

    /// Reads `PREFIXsigning-key`, a file, or the section `PREFIXsigning-token` or `PREFIXsigning-kms`; nil where there is
    /// none of them.
    init?(_ section: ConfigurationSection, prefix: String = "") throws(ConfigurationError) {
        let (file, token, service) = ("\(prefix)signing-key", "\(prefix)signing-token", "\(prefix)signing-kms")
        let given = [file, token, service].filter { section.has($0) }
        guard let place = given.first else { return nil }
        guard given.count == 1 else {
            throw section.error(place, "is given beside \(given[1]): leave one of them out")
        }
        switch place {
        case token: self = .remote(PKCS11SigningKey(try PKCS11Configuration(try section.section(token))))
        case service: self = .remote(try section.section(service).remoteSigningKey())
        default:
            self = .file(
                SecretFile(
                    path: try section.path(of: file), holding: "signing key", length: 1...SignerKey.maximumCount))
        }
    }

    /// The key, which signs as `origin`.
    /// - Throws: `StartupError` that names the file or the key's keeper and what is wrong with it.
    func signer(origin: String) async throws -> any CheckpointSigner {
        switch self {
        case .file(let file): return try Self.signer(file, origin)
        case .remote(let key):
            do {
                return try await RemoteSigner(name: origin, key: key)
            } catch let error as MasterKeyError {
                throw StartupError(signingKey: error)
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

extension StartupError {
    /// Why the log's signing key cannot be used where it is kept.
    init(signingKey error: MasterKeyError) {
        let description = "the log's signing key: \(error.description)"
        self = error.code == .unavailable ? .unavailable(description) : .configuration(description)
    }
}
