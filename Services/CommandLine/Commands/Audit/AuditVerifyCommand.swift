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
            --bundle checks exports and archives, without any service. Months that the service has archived are read where their \
            bundles are given, the oldest first; else the log is checked from its first leaf that is not archived on.
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

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Check this export or archive instead of the service's log. More than one, in their order.",
            valueName: "file"))
    var bundle: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Begin with this archive, and go on with the service's log. More than one, in their order.",
            valueName: "file"))
    var archive: [String] = []

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !newOnly || memory != nil else { throw ValidationError("--new-only needs --memory") }
        guard !newOnly || bundle.isEmpty && archive.isEmpty else {
            throw ValidationError("bundles are checked whole: leave --new-only out")
        }
        guard bundle.isEmpty || archive.isEmpty else {
            throw ValidationError("--bundle is for files alone, --archive for files and the service: give one of them")
        }
    }

    func run() async throws {
        let policy = try signers.policy()
        let known = try memory.flatMap { path in try VerifiedLog.load(path)?.verified(policy, path) }
        var reading = LogReading(
            policy: policy, producers: producer.isEmpty ? nil : Set(producer), known: known?.checkpoint)
        if newOnly, let known { reading.begin(behind: known.tree) }
        for path in bundle + archive { try reading.add(path, isLast: path == bundle.last) }
        if bundle.isEmpty { reading = try await connection.withClient { [reading] in try await read($0, reading) } }
        let report = reading.report
        if report.isClean, let memory, let note = reading.note,
            report.checkpoint?.size == reading.verifier.frontier.size
        {
            try VerifiedLog(note, reading.verifier.frontier).store(memory)
        }
        Console.current.show(output.json ? report.json.text() : report.text)
        guard report.isClean else {
            throw CommandFailure(
                .failed,
                report.firstBadLeaf.map { "the log is not what it was signed as; the first bad leaf is \($0)" }
                    ?? "the log is not what it was signed as")
        }
    }

    /// What the service has of its own checkpoint. Leaves that it cannot read are a finding: it vouched for them.
    private func read(_ client: FieldsealClient, _ before: LogReading) async throws -> LogReading {
        var reading = before
        let note = try await client.audit.publishedCheckpoint(connection.callOptions)
        let checkpoint = try Checkpoint(text: note.text)
        let archived = try await client.audit.archivedTree(connection.callOptions)
        if reading.verifier.frontier.size < archived.size {
            guard archive.isEmpty else {
                let next = reading.verifier.frontier.size
                reading.verifier.note(
                    LogFinding(
                        .missing, leaf: next,
                        "leaves \(next) to \(archived.size - 1) are in none of the archives, and not in the service's database"
                    ))
                reading.finish(note)
                return reading
            }
            reading.begin(behind: archived)
            Console.current.complain("the first \(archived.size) leaves are archived, and not read; see --archive")
        }
        // A checkpoint from before the first leaf that is read is compared by its proof.
        if let known = reading.known, known.size > 0, known.size < reading.start, known.size <= checkpoint.size {
            let proof = try await client.audit.proveConsistency(
                from: known.size, to: checkpoint.size, options: connection.callOptions
            ).compactMap { TreeHash($0) }
            if !checkpoint.continues(size: known.size, root: known.root, proof) {
                reading.verifier.note(
                    LogFinding(.forked, "the log does not begin with the \(known.size) leaves of the known checkpoint"))
            }
        }
        if reading.verifier.frontier.size < checkpoint.size {
            let leaves = try client.audit.leaves(
                reading.verifier.frontier.size..<checkpoint.size, withRows: true, options: connection.callOptions)
            let failure: FieldsealError?
            (reading.verifier, failure) = await Self.fill(reading.verifier, from: leaves)
            if let failure {
                guard failure.code == .dataLoss else { throw failure }
                let next = reading.verifier.frontier.size
                reading.verifier.note(
                    LogFinding(.missing, leaf: next, "leaf \(next) cannot be read: \(failure.message)"))
            }
        }
        reading.finish(note)
        return reading
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
}
