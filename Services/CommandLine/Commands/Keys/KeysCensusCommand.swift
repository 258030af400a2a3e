import ArgumentParser
import FieldsealClient

struct KeysCensusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "census", abstract: "How many values stand under which key version.",
        discussion: """
            Only the application's database can be counted, and only where it lies. A version is destroyed by schedule after a \
            census over every declared location has found no row of it.
            """,
        subcommands: [KeysCensusReportCommand.self, KeysCensusShowCommand.self])
}

struct KeysCensusReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Tell key management what was counted.",
        discussion: """
            A file of counts, as `census show --json` prints them too:

                {"counts": [{"version": "0123456789abcdef", "rows": 1200}, {"version": null, "rows": 3}]}

            Version null, or `none` in --count, counts values that are no ciphertext. Versions without a row may be left out.
            """)

    @Argument(help: "The field, as table.field.")
    var field: String

    @Option(name: .long, help: ArgumentHelp("A file of counts.", valueName: "file"))
    var file: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Rows under one version; can be repeated.", valueName: "version=rows"))
    var count: [CountArgument] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "When the count began, after every transaction open then had ended: 2026-11-24T10:15:30Z, or how long ago: 90s, 15m.",
            valueName: "time"))
    var begun: TimeArgument

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A further location of the field, as the catalog declares it; without it, the field's own column.",
            valueName: "name"))
    var location: String?

    @Flag(name: .long, help: "It was counted on the primary. Counts of a replica, which may lag, allow no destruction.")
    var primary = false

    @Flag(name: .long, help: "Only tell what would be reported.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (file == nil) != count.isEmpty else { throw ValidationError("give --file or --count") }
        let versions = count.map(\.value.version)
        guard Set(versions).count == versions.count else {
            throw ValidationError("--count gives a version twice")
        }
    }

    func run() async throws {
        let counts = try file.map(CensusFile.read) ?? count.map(\.value)
        let revision = dryRun ? 0 : try await report(counts)
        if output.json {
            let json = JSON.object([
                ("dry-run", .bool(dryRun)), ("field", .string(field)), ("revision", .unsigned(revision)),
                ("counts", .array(counts.map(\.json))),
            ])
            Console.current.show(json.text())
        } else {
            let end = dryRun ? "Nothing was reported." : "Reported; store revision \(revision)."
            Console.current.show("\(CensusCount.table(counts))\n\(end)")
        }
    }

    private func report(_ counts: [CensusCount]) async throws -> UInt64 {
        try await connection.withClient { client in
            try await client.keys.reportCensus(
                of: field, location: location, begun: begun.unixMicroseconds / 1000, onPrimary: primary, counts: counts,
                options: connection.callOptions)
        }
    }
}

struct KeysCensusShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the last census of each location of a field.")

    @Argument(help: "The field, as table.field.")
    var field: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let censuses = try await connection.withClient { client in
            try await client.keys.censuses(of: field, options: connection.callOptions)
        }
        if output.json {
            Console.current.show(JSON.array(censuses.map(\.json)).text())
        } else if censuses.isEmpty {
            Console.current.show("No census of \(field) was reported.")
        } else {
            Console.current.show(FieldCensus.table(censuses))
        }
    }
}

/// `VERSION=ROWS`.
struct CountArgument: ExpressibleByArgument {
    let value: CensusCount

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let rows = UInt64(parts[1]) else { return nil }
        if parts[0] == "none" {
            value = CensusCount(version: 0, rows: rows)
        } else {
            guard let version = KeyVersionArgument(argument: String(parts[0])) else { return nil }
            value = CensusCount(version: version.value, rows: rows)
        }
    }
}
