import ArgumentParser
import FieldsealClient

struct AuditFindingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "findings", abstract: "Show what a complete log would not show.",
        discussion: """
            Gaps, forks, lost events, epochs that were never closed, producers that fell silent. Needs the right `status`.
            """)

    @Flag(name: .long, help: "Show those that were reviewed, too.")
    var all = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await connection.withClient { client in
            try await client.audit.status(options: connection.callOptions)
        }
        let findings = status.findings.filter { all || $0.reviewer.isEmpty }
        if output.json {
            Console.current.show(JSON.array(findings.map(\.json)).text())
            return
        }
        guard !findings.isEmpty else {
            Console.current.show("No finding.")
            return
        }
        var table = Table(["FOUND", "KIND", "PRODUCER", "EPOCH", "BLOCK", "REVIEWED BY", "NOTE"], numeric: ["BLOCK"])
        for finding in findings {
            table.append([
                Time.text(unixMicroseconds: finding.foundUnixUs), finding.kind, finding.producer,
                Hexadecimal.encode(finding.epoch), String(finding.sequence),
                finding.reviewer.isEmpty ? "-" : finding.reviewer, finding.note.isEmpty ? "-" : finding.note,
            ])
        }
        Console.current.show(table.text)
    }
}

struct AuditReviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Sign a finding off, with the reason.",
        discussion: "The finding is named as `audit findings` prints it. It stays in the log; the first review counts.")

    @Argument(help: "Its kind.")
    var kind: String

    @Argument(help: "Its producer.")
    var producer: String

    @Argument(
        help: "Its epoch, in 32 hexadecimal digits.",
        transform: { text in
            guard let bytes = Hexadecimal.decode(text), bytes.count == 16 else {
                throw ValidationError("an epoch has 32 hexadecimal digits")
            }
            return bytes
        })
    var epoch: [UInt8]

    @Argument(help: "Its block.")
    var block: UInt64

    @Option(name: .long, help: "Why it needs no further work, in at most 1,000 bytes.")
    var note: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let finding = AuditFinding(kind: kind, producer: producer, epoch: epoch, sequence: block)
        try await connection.withClient { client in
            try await client.audit.review(finding, note: note, options: connection.callOptions)
        }
        Console.current.show("Reviewed.")
    }
}

extension AuditFinding {
    fileprivate var json: JSON {
        .object([
            ("found", .string(Time.text(unixMicroseconds: foundUnixUs))), ("kind", .string(kind)),
            ("producer", .string(producer)), ("epoch", .string(Hexadecimal.encode(epoch))),
            ("block", .unsigned(sequence)), ("reviewer", .string(reviewer)),
            ("reviewed", .string(reviewedUnixUs == 0 ? "" : Time.text(unixMicroseconds: reviewedUnixUs))),
            ("note", .string(note)),
        ])
    }
}
