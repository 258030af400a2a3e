import ArgumentParser
import FieldsealClient

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read and verify the audit log.",
        subcommands: [
            AuditQueryCommand.self, AuditTailCommand.self, AuditVerifyCommand.self, AuditExportCommand.self,
            AuditProveCommand.self, AuditCheckProofCommand.self, AuditFindingsCommand.self, AuditReviewCommand.self,
            AuditReconcileCommand.self, AuditReportCommand.self, AuditArchivesCommand.self, AuditHoldCommand.self,
            AuditAlertsCommand.self, AuditMakeKeyCommand.self, AuditWitnessCommand.self,
        ])
}

struct AuditQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Print events of the log.",
        discussion: """
            The newest events that fit are chosen, up to the limit, and printed in the order of time. Times are 2026-11-24, \
            2026-11-24T10:15:30Z, 2026-11-24T10:15:30+01:00, or how long ago: 90s, 15m, 2h, 3d. Where there are more events, the \
            answer names a cursor: the same query with --cursor goes on behind it, whatever was stored meanwhile. CSV is that of \
            RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe. The query itself becomes an event.
            """)

    @OptionGroup var filter: AuditFilterOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only events of this record, as int:42, text:abc, uuid:…, hex:00ff or date:2026-11-24; once for each key column. Wants --field and, on it, the right hash-record.",
            valueName: "type:value"))
    var record: [KeyColumn] = []

    @Option(name: .long, help: ArgumentHelp("Only events from this time on.", valueName: "time"))
    var since: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("Only events before this time.", valueName: "time"))
    var until: TimeArgument?

    @OptionGroup var times: TimeZoneOptions

    @Option(name: .long, help: ArgumentHelp("Most events to print; 0: all of them.", valueName: "number"))
    var limit: UInt32 = 100

    @Flag(name: .long, help: "Choose the oldest events that fit, not the newest.")
    var oldest = false

    @Option(
        name: .long,
        help: ArgumentHelp("Go on behind the last event of an answer to the same query.", valueName: "cursor"))
    var cursor: String?

    @Flag(name: .long, help: "Print CSV.")
    var csv = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard record.isEmpty || filter.field != nil else {
            throw ValidationError("--record wants --field: the hash of a record is that of its table")
        }
        guard !csv || !output.json else { throw ValidationError("--csv and --json exclude each other") }
        if let cursor, Hexadecimal.decode(cursor)?.isEmpty != false {
            throw ValidationError("--cursor wants what a query before has named")
        }
    }

    func run() async throws {
        var query = filter.query
        query.fromUnixUs = try times.resolve(since, "--since") ?? 0
        query.untilUnixUs = try times.resolve(until, "--until") ?? 0
        query.newestFirst = !oldest
        query.cursor = cursor.flatMap { Hexadecimal.decode($0) } ?? []
        let first = query
        let answer = try await connection.withClient { client in
            var query = first
            if !record.isEmpty {
                query.recordHash = try await client.hashRecord(
                    RecordID(columns: record), field: filter.field ?? "", options: connection.callOptions
                ).hash
            }
            return try await read(query, from: client)
        }
        show(answer)
    }

    private func show(_ answer: Answer) {
        let zone = times.timeZone
        let events = oldest ? answer.events : answer.events.reversed()
        let next = Hexadecimal.encode(answer.next)
        if output.json {
            let json = JSON.object([
                ("events", .array(events.map { $0.json(in: zone) })), ("complete", .bool(next.isEmpty)),
                ("cursor", .text(next)), ("restricted-to", .array(answer.restrictedTo.map { .string($0) })),
                ("archived-events", .unsigned(answer.archived)),
            ])
            Console.current.show(json.text())
            return
        }
        if csv {
            var csv = CSV(StoredAuditEvent.csvHeadings)
            for event in events { csv.append(event.csvCells(in: zone)) }
            Console.current.show(csv.text)
        } else {
            var table = Table(StoredAuditEvent.headings, numeric: ["COUNT"])
            for event in events { table.append(event.cells(in: zone)) }
            Console.current.show(table.text)
        }
        if !answer.restrictedTo.isEmpty {
            Console.current.complain(Words.restriction(to: answer.restrictedTo))
        }
        if next.isEmpty, answer.archived > 0 {
            Console.current.complain(
                "events 1 to \(answer.archived) are archived and were not looked at; see fieldseal audit archives")
        }
        if !next.isEmpty {
            Console.current.complain(
                "there are \(oldest ? "newer" : "older") events besides; see --limit, --since and --until, or --cursor \(next)"
            )
        }
    }

    private struct Answer {
        var events: [StoredAuditEvent] = []
        /// The cursor behind them; empty: there are no more.
        var next: [UInt8] = []
        /// The fields whose events alone were looked at; empty: all.
        var restrictedTo: [String] = []
        /// Events up to this index are archived.
        var archived: UInt64 = 0
    }

    /// Page after page up to the limit.
    private func read(_ first: AuditQuery, from client: FieldsealClient) async throws -> Answer {
        var query = first
        var answer = Answer()
        let most = limit == 0 ? Int.max : Int(limit)
        while true {
            query.pageSize = UInt32(min(1000, most - answer.events.count))
            let page = try await client.audit.query(query, options: connection.callOptions)
            answer.events += page.events.prefix(most - answer.events.count)
            (answer.next, answer.restrictedTo, answer.archived) = (page.cursor, page.restrictedTo, page.archivedEvents)
            if page.cursor.isEmpty || answer.events.count >= most { return answer }
            guard !page.events.isEmpty, page.cursor != query.cursor else {
                throw CommandFailure(.failed, "the audit service answered a page without events that is not the last")
            }
            query.cursor = page.cursor
        }
    }
}
