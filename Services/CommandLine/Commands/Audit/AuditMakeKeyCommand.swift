import ArgumentParser
import FieldsealSecureMemory
import FieldsealTransparencyLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct AuditMakeKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-key", abstract: "Make the key of the log, or of a witness.",
        discussion: """
            Writes the private key into a new file, readable for its owner alone, and prints the verifier key, which witnesses \
            and auditors are given. The origin names the log for good; a witness' name is the name of its key.
            """)

    @Option(name: .long, help: ArgumentHelp("The log's origin, e.g. example.org/fieldseal.", valueName: "name"))
    var origin: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A witness' name, e.g. example.org/witness, instead of an origin.", valueName: "name"))
    var witness: String?

    @Argument(help: "The file to write.") var file: String

    func validate() throws {
        guard (origin == nil) != (witness == nil) else { throw ValidationError("give --origin or --witness") }
    }

    func run() throws {
        guard let name = origin ?? witness,
            let key = try? SignerKey(name: name, type: witness == nil ? .note : .cosignature)
        else {
            throw CommandFailure(.usage, "a name holds no spaces and no plus sign")
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be made") }
        defer { close(descriptor) }
        let written = key.text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == key.text.count, write(descriptor, "\n", 1) == 1, fsync(descriptor) == 0 else {
            defer { unlink(file) }
            throw failure("cannot be written")
        }
        Console.current.show("\(key.verifier)\n")
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(.usage, "\(file) \(what): \(String(cString: strerror(errno)))")
    }
}
