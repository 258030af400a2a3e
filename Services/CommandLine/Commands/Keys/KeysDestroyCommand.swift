import ArgumentParser
import FieldsealClient

struct KeysDestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Destroy a key version, as soon as nothing needs it any more.",
        discussion: """
            The version must be retired or compromised. It is destroyed by itself once every condition holds: no row of it in any \
            declared location, the waiting period without a refused decrypt, and the data's backups expired. Until then --cancel \
            takes it back. --force does not wait: it takes effect when a second administrator asks for the same. What a \
            destroyed version has encrypted is lost for good.
            """)

    @OptionGroup var version: KeyVersionOptions

    @Flag(name: .long, help: "Take a scheduled or proposed destruction back.")
    var cancel = false

    @Flag(name: .long, help: "Before its time; two administrators have to ask.")
    var force = false

    @Flag(name: .long, help: "Only tell what would happen, and what it waits for.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !(cancel && force) else { throw ValidationError("--cancel and --force exclude each other") }
    }

    func run() async throws {
        let report = try await connection.withClient { client in
            let (key, version, options) = (self.version.key, self.version.version.value, connection.callOptions)
            if cancel {
                return try await client.keys.cancelDestruction(
                    of: key, version: version, dryRun: dryRun, options: options)
            }
            if force {
                return try await client.keys.forceDestruction(
                    of: key, version: version, dryRun: dryRun, options: options)
            }
            return try await client.keys.scheduleDestruction(
                of: key, version: version, dryRun: dryRun, options: options)
        }
        Console.current.show(output.json ? report.json(dryRun: dryRun).text() : report.text(dryRun: dryRun))
    }
}

struct KeysEraseSubjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase-subject", abstract: "Erase what was encrypted for one subject, by erasing its key.",
        discussion: """
            The subject's id is read from standard input or a file, not from the arguments, which other users of the machine can \
            see; one line end at its end is not part of it. Erasure cannot be taken back. It is complete once the last \
            backup of the key store that holds the key has expired.
            """)

    @Argument(help: "The table whose subject it is.")
    var table: String

    @Option(
        name: .long,
        help: ArgumentHelp("File with the subject's id; without it, standard input.", valueName: "file"))
    var subjectFile: String?

    @Flag(name: .long, help: "The id is given in base64.")
    var base64 = false

    @Flag(name: .long, help: "Only tell whether the subject has a key.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let subject = try subject()
        let erasure = try await connection.withClient { client in
            try await client.keys.eraseSubject(
                subject, in: table, dryRun: dryRun, options: connection.callOptions)
        }
        Console.current.show(output.json ? erasure.json(dryRun: dryRun).text() : erasure.text(dryRun: dryRun))
    }

    private func subject() throws -> [UInt8] {
        let most = 1024
        let given = try subjectFile.map { try SmallFile.bytes(of: $0, most: most) } ?? Console.current.input(most)
        guard var subject = given else { throw CommandFailure(.usage, "the subject's id is longer than 256 bytes") }
        if subject.last == UInt8(ascii: "\n") { subject.removeLast() }
        if subject.last == UInt8(ascii: "\r") { subject.removeLast() }
        if base64 { subject = try base64Bytes(subject) }
        guard (1...256).contains(subject.count) else {
            throw CommandFailure(.usage, "a subject's id has 1 to 256 bytes")
        }
        return subject
    }
}
