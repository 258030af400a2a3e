import ArgumentParser
import FieldsealAuditVerification
import FieldsealClient
import FieldsealTransparencyLog

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that the log is whole and unchanged, trusting nobody but its signers.",
        discussion: """
            Reads every leaf, hashes its events anew, follows each producer's chain and signatures, compares the database's columns \
            with the leaves, and computes the root that the checkpoint must have. Status 1 where anything is wrong, with the \
            index of the leaf.

            --memory keeps the checkpoint that was verified last: a log that was rolled back or replaced is then noticed. With \
            --new-only, leaves before it are not read again, and signatures of epochs that began before it are not checked. \
            --bundle checks an export, without any service.
            """)

    @OptionGroup var signers: LogPolicyOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "SPIFFE URI of a server that writes to the log; others are findings. More than one.", valueName: "uri"))
    var producer: [String] = []

    @Option(name: .long, help: ArgumentHelp("File that remembers the last verified checkpoint.", valueName: "file"))
    var memory: String?

    @Flag(name: .long, help: "Read only what came behind the remembered checkpoint.")
    var newOnly = false

    @Option(name: .long, help: ArgumentHelp("Check this export instead of the service's log.", valueName: "file"))
    var bundle: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !newOnly || memory != nil else { throw ValidationError("--new-only needs --memory") }
        guard !newOnly || bundle == nil else {
            throw ValidationError("a bundle is checked whole: leave --new-only out")
        }
    }

    func run() async throws {
        let policy = try signers.policy()
        let known = try memory.flatMap { path in try VerifiedLog.load(path)?.verified(policy, path) }
        var verifier = LogVerifier(
            producers: producer.isEmpty ? nil : Set(producer), anchors: known.map { [$0.checkpoint] } ?? [],
            behind: newOnly ? known?.tree ?? MerkleFrontier() : MerkleFrontier())
        let note: SignedNote
        if let bundle {
            var reader = try LogBundle.Reader(bundle)
            note = reader.checkpoint
            while let leaf = try reader.next() { verifier.append(leaf) }
        } else {
            (note, verifier) = try await connection.withClient { [verifier] client in
                try await read(client, verifier)
            }
        }
        let report = conclude(&verifier, note, policy)
        if report.isClean, let memory { try VerifiedLog(note, verifier.frontier).store(memory) }
        Console.current.show(output.json ? report.json.text() : report.text)
        guard report.isClean else {
            throw CommandFailure(
                .failed,
                report.firstBadLeaf.map { "the log is not what it was signed as; the first bad leaf is \($0)" }
                    ?? "the log is not what it was signed as")
        }
    }

    /// What the service has of its own checkpoint. Leaves that it cannot read are a finding: it vouched for them.
    private func read(_ client: FieldsealClient, _ before: LogVerifier) async throws -> (SignedNote, LogVerifier) {
        var verifier = before
        let note = try await client.audit.publishedCheckpoint(connection.callOptions)
        let size = try Checkpoint(text: note.text).size
        guard verifier.frontier.size < size else { return (note, verifier) }
        let leaves = try client.audit.leaves(
            verifier.frontier.size..<size, withRows: true, options: connection.callOptions)
        let failure: FieldsealError?
        (verifier, failure) = await Self.fill(verifier, from: leaves)
        if let failure {
            guard failure.code == .dataLoss else { throw failure }
            let next = verifier.frontier.size
            verifier.note(LogFinding(.missing, leaf: next, "leaf \(next) cannot be read: \(failure.message)"))
        }
        return (note, verifier)
    }

    private static func fill(_ verifier: LogVerifier, from leaves: AuditLeaves) async -> (LogVerifier, FieldsealError?)
    {
        var verifier = verifier
        var leaves = leaves.makeAsyncIterator()
        do throws(FieldsealError) {
            while let leaf = try await leaves.next() { verifier.append(leaf) }
            return (verifier, nil)
        } catch {
            return (verifier, error)
        }
    }

    private func conclude(_ verifier: inout LogVerifier, _ note: SignedNote, _ policy: LogPolicy) -> LogReport {
        var verified: VerifiedCheckpoint?
        do {
            verified = try policy.verify(note)
        } catch {
            verifier.note(LogFinding(.checkpoint, "the checkpoint does not satisfy --log-key and --witness: \(error)"))
        }
        let checkpoint = verified?.checkpoint ?? (try? Checkpoint(text: note.text))
        if let checkpoint { verifier.finish(at: checkpoint) }
        return LogReport(
            checkpoint: checkpoint, cosigners: verified?.cosigners.count ?? 0, events: verifier.events,
            findings: verifier.findings, findingCount: verifier.findingCount)
    }
}
