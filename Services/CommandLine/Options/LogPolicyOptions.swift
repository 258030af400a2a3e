import ArgumentParser
import FieldsealTransparencyLog

/// Whose word on the log is taken.
struct LogPolicyOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Verifier key of the log, as make-key printed it, or a file with it. More than one: while keys change.",
            valueName: "key"))
    var logKey: [String]

    @Option(name: .long, help: ArgumentHelp("Verifier key of a witness, or a file with it.", valueName: "key"))
    var witness: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("How many of the witnesses must have cosigned; without it, all.", valueName: "number"))
    var quorum: Int?

    func policy() throws -> LogPolicy {
        guard !logKey.isEmpty else { throw CommandFailure(.usage, "--log-key is missing: who has signed the log?") }
        let keys = try logKey.map(NoteVerifier.init(textOrFile:))
        let witnesses = try witness.map(NoteVerifier.init(textOrFile:))
        guard let origin = keys.first?.key.name, keys.allSatisfy({ $0.key.name == origin }) else {
            throw CommandFailure(.usage, "the keys of --log-key are of different logs")
        }
        do {
            return try LogPolicy(
                origin: origin, logKeys: keys, witnesses: witnesses, quorum: quorum ?? witnesses.count)
        } catch {
            throw CommandFailure(.usage, "--log-key, --witness and --quorum do not make a policy: \(error)")
        }
    }
}

extension NoteVerifier {
    /// A verifier key as it is given on a command line: itself, or a file that begins with it.
    init(textOrFile text: String) throws {
        if let verifier = try? NoteVerifier(text) {
            self = verifier
            return
        }
        guard let content = try SmallFile.bytes(of: text, most: 4_096),
            let line = String(validating: content, as: UTF8.self)?.split(whereSeparator: \.isNewline).first,
            let verifier = try? NoteVerifier(String(line))
        else { throw CommandFailure(.usage, "\(text) holds no verifier key") }
        self = verifier
    }
}
