import ArgumentParser
import FieldsealClient

struct AuditTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Print events as the log takes them, until interrupted.",
        discussion:
            "A connection that breaks is made anew, and no event is left out. With --json each line is one event.")

    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var times: TimeZoneOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Start after the event with this index; without it, only new events.", valueName: "index"))
    var after: UInt64 = 0

    @Option(name: .long, help: ArgumentHelp("End after so many events; 0: never.", valueName: "number"))
    var limit: UInt32 = 0

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await connection.withClient { client in
            // asked first, so that a wrong address or a missing right ends the program instead of being tried again
            _ = try await client.health(of: .audit, options: connection.callOptions)
            try await follow(client)
        }
    }

    private func follow(_ client: FieldsealClient) async throws {
        var progress = Progress(last: after)
        while true {
            do {
                try await read(from: client, &progress)
            } catch let error as FieldsealError {
                guard error.code == .unavailable else { throw error }
                Console.current.complain("the connection broke; it is made anew")
            }
            if limit > 0, progress.count >= limit { return }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private struct Progress {
        var last: UInt64
        var count: UInt64 = 0
    }

    /// Until the stream ends or the limit is reached.
    private func read(from client: FieldsealClient, _ progress: inout Progress) async throws {
        var events = try client.audit.tail(filter.query, after: progress.last, options: connection.callOptions)
            .makeAsyncIterator()
        while let event = try await events.next() {
            progress.last = event.index
            progress.count += 1
            print(event)
            if limit > 0, progress.count >= limit { return }
        }
    }

    private func print(_ event: StoredAuditEvent) {
        Console.current.show(
            output.json
                ? event.json(in: times.timeZone).text(indent: nil)
                : event.cells(in: times.timeZone).map(Table.printable).joined(separator: "  "))
    }
}
