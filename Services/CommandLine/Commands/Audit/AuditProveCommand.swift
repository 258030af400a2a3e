import ArgumentParser
import FieldsealClient
import FieldsealTransparencyLog
import Foundation

struct AuditProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Prove that the log holds an event, to whoever has the log's key.",
        discussion: """
            The proof is checked and written as C2SP tlog-proof: its extra data is the number of the event in its block and the \
            leaf, which is the block. `fieldseal audit check-proof` checks it without any service.
            """)

    @Argument(help: "Index of the event, as queries print it with --json.") var event: UInt64
    @Argument(help: "The file to write.") var file: String
    @OptionGroup var signers: LogPolicyOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let policy = try signers.policy()
        let answer = try await connection.withClient { client in
            try await client.audit.proveEvent(event, options: connection.callOptions)
        }
        guard let proof = EventProof(answer) else {
            throw CommandFailure(.failed, "the audit service answered no proof")
        }
        Console.current.show(try proof.verified(policy))
        do {
            try Data(proof.encoded).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw CommandFailure(.usage, "\(file) cannot be written: \(error.localizedDescription)")
        }
    }
}

struct AuditCheckProofCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof", abstract: "Check a proof that the log holds an event, and print the event.")

    @Argument(help: "The file that prove wrote.") var file: String
    @OptionGroup var signers: LogPolicyOptions

    func run() throws {
        let policy = try signers.policy()
        guard let bytes = try SmallFile.bytes(of: file, most: SignedNote.maximumCount),
            let proof = EventProof(parsing: bytes)
        else { throw CommandFailure(.failed, "\(file) is no proof of an event") }
        Console.current.show(try proof.verified(policy))
    }
}
