import ArgumentParser
import FieldsealClient

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read and verify the audit log.",
        subcommands: [
            AuditQueryCommand.self, AuditTailCommand.self, AuditVerifyCommand.self, AuditExportCommand.self,
            AuditProveCommand.self, AuditCheckProofCommand.self, AuditFindingsCommand.self, AuditReviewCommand.self,
            AuditMakeKeyCommand.self, AuditWitnessCommand.self,
        ])
}

struct AuditQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Print events of the log.",
        discussion: """
            The newest events that fit are chosen, up to the limit, and printed in the order of time. Times are UTC: 2026-11-24, \
            2026-11-24T10:15:30Z, or how long ago: 90s, 15m, 2h, 3d. The query itself becomes an event.
            """)

    @OptionGroup var filter: AuditFilterOptions

    @Option(name: .long, help: ArgumentHelp("Only events from this time on.", valueName: "time"))
    var since: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("Only events before this time.", valueName: "time"))
    var until: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("Most events to print; 0: all of them.", valueName: "number"))
    var limit: UInt32 = 100

    @Flag(name: .long, help: "Choose the oldest events that fit, not the newest.")
    var oldest = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var query = filter.query
        query.fromUnixUs = since?.unixMicroseconds ?? 0
        query.untilUnixUs = until?.unixMicroseconds ?? 0
        query.newestFirst = !oldest
        let first = query
        let (events, isComplete) = try await connection.withClient { client in
            try await read(first, from: client)
        }
        let ordered = oldest ? events : events.reversed()
        if output.json {
            let json = JSON.object([("events", .array(ordered.map(\.json))), ("complete", .bool(isComplete))])
            Console.current.show(json.text())
            return
        }
        var table = Table(StoredAuditEvent.headings, numeric: ["COUNT"])
        for event in ordered { table.append(event.cells) }
        Console.current.show(table.text)
        if !isComplete {
            Console.current.complain(
                "there are \(oldest ? "newer" : "older") events besides; see --limit, --since and --until")
        }
    }

    /// Page after page up to the limit, and whether that were all.
    private func read(_ first: AuditQuery, from client: FieldsealClient) async throws -> ([StoredAuditEvent], Bool) {
        var query = first
        var events: [StoredAuditEvent] = []
        let most = limit == 0 ? Int.max : Int(limit)
        while true {
            query.pageSize = UInt32(min(1000, most - events.count))
            let page = try await client.audit.query(query, options: connection.callOptions)
            events += page.events.prefix(most - events.count)
            if page.cursor.isEmpty { return (events, true) }
            if events.count >= most { return (events, false) }
            guard !page.events.isEmpty, page.cursor != query.cursor else {
                throw CommandFailure(.failed, "the audit service answered a page without events that is not the last")
            }
            query.cursor = page.cursor
        }
    }
}
