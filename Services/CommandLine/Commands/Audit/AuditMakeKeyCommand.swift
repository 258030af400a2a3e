import ArgumentParser
import FieldsealCustody
import FieldsealSecureMemory
import FieldsealTransparencyLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct AuditMakeKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-key", abstract: "Make the key of the log, or of a witness.",
        discussion: """
            Writes the private key into a new file, readable for its owner alone, or makes it on a PKCS #11 token, which it never \
            leaves (--module, --token, --key-label, --pin-file), and prints the verifier key, which witnesses and auditors are \
            given. The origin names the log for good; a witness' name is the name of its key, which is always in a file.
            """)

    @Option(name: .long, help: ArgumentHelp("The log's origin, e.g. example.org/fieldseal.", valueName: "name"))
    var origin: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A witness' name, e.g. example.org/witness, instead of an origin.", valueName: "name"))
    var witness: String?

    @OptionGroup var token: TokenOptions

    @Argument(help: "The file to write.") var file: String?

    func validate() throws {
        guard (origin == nil) != (witness == nil) else { throw ValidationError("give --origin or --witness") }
        guard (file == nil) != (token.module == nil) else {
            throw ValidationError("give a file, or --module and a token")
        }
        guard witness == nil || token.module == nil else { throw ValidationError("a witness' key is kept in a file") }
    }

    func run() async throws {
        let name = origin ?? witness ?? ""
        let type: SignatureType = witness == nil ? .note : .cosignature
        if let file {
            guard let key = try? SignerKey(name: name, type: type) else { throw Self.notAName }
            try Self.write(key, file)
            Console.current.show("\(key.verifier)\n")
        } else if let configuration = try token.configuration() {
            // Before anything is made.
            guard (try? Checkpoint(origin: name, size: 0, root: MerkleTree.emptyRoot)) != nil,
                (try? KeyName(name, id: 0)) != nil
            else { throw Self.notAName }
            Console.current.show("\(try await Self.makeKey(name, on: configuration))\n")
        }
    }

    private static let notAName = CommandFailure(.usage, "a name holds no spaces and no plus sign")

    private static func makeKey(_ name: String, on token: PKCS11Configuration) async throws -> NoteVerifier {
        let key = PKCS11SigningKey(token)
        do {
            try await key.makeKey()
            return try NoteVerifier(name: name, type: .note, publicKey: try await key.publicKey())
        } catch let error as MasterKeyError {
            throw CommandFailure(error.code == .unavailable ? .unreachable : .failed, error.description)
        } catch let error as SecretFileError {
            throw CommandFailure(.usage, error.description)
        }
    }

    private static func write(_ key: borrowing SignerKey, _ file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(file, "cannot be made") }
        defer { close(descriptor) }
        let written = key.text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == key.text.count, Glibc.write(descriptor, "\n", 1) == 1, fsync(descriptor) == 0 else {
            defer { unlink(file) }
            throw failure(file, "cannot be written")
        }
    }

    private static func failure(_ file: String, _ what: String) -> CommandFailure {
        CommandFailure(.usage, "\(file) \(what): \(String(cString: strerror(errno)))")
    }
}
