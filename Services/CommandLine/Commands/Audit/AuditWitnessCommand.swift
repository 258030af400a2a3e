import ArgumentParser
import FieldsealHTTP
import FieldsealSecureMemory
import FieldsealServiceRuntime
import FieldsealTransparencyLog
import FieldsealWitness

struct AuditWitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Serve as a witness of audit logs.",
        discussion: """
            Cosigns the checkpoints of the logs whose keys it is given, as long as each continues the one before (C2SP \
            tlog-witness, POST /add-checkpoint). Its state file is all the memory it has, and is to outlive the log's database: \
            run it on another machine, under somebody else's care. What it serves is public and signed, hence plain HTTP. \
            Stops on SIGTERM.
            """)

    @Option(
        name: .long, help: ArgumentHelp("The witness' key, made by make-key --witness.", valueName: "file"))
    var key: String

    @Option(name: .long, help: ArgumentHelp("Where it keeps what it has cosigned.", valueName: "file"))
    var state: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Verifier key of a log to watch, or a file with it. More than one: several logs, or a log that changes its key.",
            valueName: "key"))
    var logKey: [String]

    @Option(name: .long, help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen = "127.0.0.1:7404"

    @Flag(name: .long, help: "Log JSON to standard error, for programs.")
    var jsonLog = false

    func validate() throws {
        guard Endpoint(listen) != nil else { throw ValidationError("--listen wants host:port") }
    }

    func run() async throws {
        do {
            // Before anything that libcrypto could allocate for.
            try SecureArena.start(capacity: 1 << 20)
            try ProcessHardening.apply()
            let logger = ServiceProcess.logger("fieldseal-witness", LogConfiguration(format: jsonLog ? .json : .text))
            guard let address = Endpoint(listen) else { return }
            let server = WitnessServer(
                witness: try witness(), host: address.host, port: address.port, logger: logger)
            try await ServiceProcess.run([server], logger: logger)
        } catch let error as WitnessStateError {
            throw CommandFailure(.failed, error.description)
        } catch let error as HTTPServerError {
            throw CommandFailure(.failed, error.description)
        } catch let error as SecretFileError {
            throw CommandFailure(.usage, error.description)
        } catch let error as SecureMemoryError {
            throw CommandFailure(.failed, error.description)
        }
    }

    private func witness() throws -> LogWitness {
        let secret = SecretFile(path: key, holding: "witness key", length: 1...SignerKey.maximumCount)
        let text = try secret.read()
        guard let signer = try? SignerKey(parsing: text).cosigner(clock: Self.seconds) else {
            throw CommandFailure(.usage, "\(key) holds no key of a witness; make-key --witness makes one")
        }
        let logKeys = try logKey.map(NoteVerifier.init(textOrFile:))
        do {
            return try LogWitness(logKeys: logKeys, signer: signer, file: try WitnessStateFile(path: state))
        } catch is NoteError {
            throw CommandFailure(
                .usage, "--log-key wants different keys of logs, at most \(WitnessLedger.maximumLogs)")
        }
    }

    private static func seconds() -> UInt64 { UInt64(clamping: Console.standard.now() / 1_000_000) }
}
