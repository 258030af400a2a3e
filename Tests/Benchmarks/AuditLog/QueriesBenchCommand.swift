import ArgumentParser
import FieldsealClient
import Foundation

/// Asks an audit log what auditors ask.
struct QueriesBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queries", abstract: "Query an audit log that `audit` has filled, and print how long it takes.",
        discussion: "JSON on standard output, a table on standard error. Each query asks for a page of 100 events.")

    @Option(help: ArgumentHelp("Client configuration of an auditor.", valueName: "file"))
    var config: String

    @Option(help: "Queries of each kind.")
    var queries = 200

    func validate() throws {
        guard (1...100_000).contains(queries) else { throw ValidationError("a number is out of bounds") }
    }

    func run() async throws {
        let client = try FieldsealClient(configuration: try ClientConfiguration.load(config))
        do {
            try await measure(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private func measure(_ client: FieldsealClient) async throws {
        let first = try await page(client, AuditQuery(pageSize: 1))
        // Those of the cluster itself go on after the last of `BlockMaker`.
        let last = try await page(client, AuditQuery(operations: [.decrypt], pageSize: 1, newestFirst: true))
        guard let begin = first.events.first?.event?.firstUnixUs, let end = last.events.first?.event?.firstUnixUs,
            begin < end
        else { throw BenchmarkError("the log is empty") }
        tell(Figure.heading)
        var figures: [Figure] = []
        let clock = ContinuousClock()
        for kind in QueryKind.allCases {
            var times: [Duration] = []
            var found = 0
            for number in 0..<queries {
                var query = kind.query(number, between: begin, and: end)
                query.pageSize = 100
                query.newestFirst = number.isMultiple(of: 2)
                let start = clock.now
                let page = try await page(client, query)
                times.append(clock.now - start)
                if !page.events.isEmpty { found += 1 }
            }
            // Appending has pauses: some spans of time are empty.
            guard found > queries / 2 else { throw BenchmarkError("no event of \(kind.rawValue)") }
            figures.append(Figure(kind.rawValue, times))
            tell(figures[figures.count - 1].line)
        }
        print(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
    }

    private func page(_ client: FieldsealClient, _ query: AuditQuery) async throws -> AuditPage {
        try await client.audit.query(query, options: CallOptions(timeout: .seconds(120)))
    }
}

/// What the events of `BlockMaker` can be asked for.
private enum QueryKind: String, CaseIterable {
    case actor = "of an actor"
    case field = "of a field"
    case fieldFailures = "failures on a field"
    case keyVersion = "under a key version"
    case time = "within a hundredth of the time"
    case actorAndTime = "of an actor within a tenth of the time"
    case operation = "decryptions"
    case failures = "failures"

    func query(_ number: Int, between begin: Int64, and end: Int64) -> AuditQuery {
        var query = AuditQuery()
        switch self {
        case .actor: query.actor = Self.actor(number)
        case .field, .fieldFailures:
            // Of each failure it is known which fields it can be on: 500 events apart, of 20 tables and 7 fields.
            query.table = "table_0"
            query.field = "field_\(number % 7)"
            if self == .fieldFailures { query.outcome = .failure }
        case .keyVersion: query.keyVersion = 1_000 + UInt64(number % 140)
        case .time: limit(&query, number, parts: 100, begin, end)
        case .actorAndTime:
            query.actor = Self.actor(number)
            limit(&query, number, parts: 10, begin, end)
        case .operation: query.operations = [.decrypt]
        case .failures: query.outcome = .failure
        }
        return query
    }

    private static func actor(_ number: Int) -> String { "spiffe://fieldseal.local/backend/\(number % 50)" }

    private func limit(_ query: inout AuditQuery, _ number: Int, parts: Int, _ begin: Int64, _ end: Int64) {
        let part = (end - begin) / Int64(parts)
        query.fromUnixUs = begin + part * Int64(number % parts)
        query.untilUnixUs = query.fromUnixUs + part
    }
}
