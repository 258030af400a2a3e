import ArgumentParser
import FieldsealClient

struct AuditReportCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case markdown, html
    }

    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the page that an auditor asks for.",
        discussion: """
            Who used which field in a period, failed decrypts, denials, what was done to keys, findings and their reviews, and the \
            state of the log's checkpoint and witnesses. HTML needs no other file and prints well. Needs the rights `query-audit`, \
            `status` and `read-checkpoint`; each query becomes an event.
            """)

    @Option(name: .long, help: ArgumentHelp("Where the period begins.", valueName: "time"))
    var from: TimeArgument

    @Option(name: .long, help: ArgumentHelp("Where it ends, exclusive; without it, now.", valueName: "time"))
    var to: TimeArgument?

    @OptionGroup var times: TimeZoneOptions

    @Option(name: .long, help: ArgumentHelp("markdown or html.", valueName: "format"))
    var format = Format.markdown

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let now = Console.current.now()
        var period = AuditPeriod(
            from: try times.resolve(from, "--from") ?? 0, until: try times.resolve(to, "--to") ?? now, madeAt: now,
            zone: times.timeZone)
        guard period.from >= 0, period.from < period.until else {
            throw CommandFailure(.usage, "--from must be before --to")
        }
        period = try await connection.withClient { [period] client in
            var period = period
            try await period.read(from: client.audit, connection.callOptions)
            return period
        }
        let document = period.document
        Console.current.show(format == .html ? document.html : document.markdown)
    }
}
