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
        commandName: "make-key", abstract: "Make the key that signs the log's checkpoints.",
        discussion: """
            Writes the private key into a new file, readable for its owner alone, and prints the verifier key, which witnesses \
            and auditors are given. The origin names the log for good.
            """)

    @Option(name: .long, help: ArgumentHelp("The log's origin, e.g. example.org/fieldseal.", valueName: "name"))
    var origin: String

    @Argument(help: "The file to write.") var file: String

    func run() throws {
        guard let key = try? SignerKey(name: origin) else {
            throw CommandFailure(.usage, "an origin holds no spaces and no plus sign")
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be made") }
        defer { close(descriptor) }
        let written = key.text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == key.text.count, write(descriptor, "\n", 1) == 1, fsync(descriptor) == 0 else {
            defer { unlink(file) }
            throw failure("cannot be written")
        }
        Console.current.show("\(key.signer.verifier)\n")
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(.usage, "\(file) \(what): \(String(cString: strerror(errno)))")
    }
}
