import ArgumentParser
import FieldsealClient

struct AuditHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep months of the log from being archived, and let them go again.",
        discussion: """
            A month on hold stays in the database, and so do those behind it. Needs the right `hold-audit`; the list needs \
            `status`.
            """,
        subcommands: [AuditPlaceHoldCommand.self, AuditReleaseHoldCommand.self, AuditHoldsCommand.self])
}

struct AuditPlaceHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "place", abstract: "Place a hold.")

    @Argument(help: "Its name: a-z, 0-9 and hyphens, at most 64. A name is used once.") var name: String

    @Option(
        name: .long,
        help: ArgumentHelp("The first month, by the time at which the log took the events.", valueName: "yyyy-mm"))
    var from: String

    @Option(name: .long, help: ArgumentHelp("The last month; without it, the hold has no end.", valueName: "yyyy-mm"))
    var through: String?

    @Option(name: .long, help: "Why, in at most 1,000 bytes.") var reason: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let archived = try await connection.withClient { client in
            try await client.audit.placeHold(
                name, from: from, through: through ?? "", reason: reason, options: connection.callOptions)
        }
        Console.current.show("Held.")
        if !archived.isEmpty {
            Console.current.complain(
                "months of it are archived already; keep these bundles, too: \(archived.joined(separator: ", "))")
        }
    }
}

struct AuditReleaseHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Release a hold.")

    @Argument(help: "Its name.") var name: String
    @Option(name: .long, help: "Why, in at most 1,000 bytes.") var reason: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { client in
            try await client.audit.releaseHold(name, reason: reason, options: connection.callOptions)
        }
        Console.current.show("Released.")
    }
}

struct AuditHoldsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show holds.")

    @Flag(name: .long, help: "Show those that were released, too.") var all = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await connection.withClient { try await $0.audit.status(options: connection.callOptions) }
        let holds = status.holds.filter { all || $0.releasedBy.isEmpty }
        if output.json { return Console.current.show(JSON.array(holds.map(\.json)).text()) }
        guard !holds.isEmpty else { return Console.current.show("No hold.") }
        var table = Table(["NAME", "FROM", "THROUGH", "PLACED", "PLACED BY", "REASON", "RELEASED", "RELEASED BY"])
        for hold in holds {
            table.append([
                hold.name, hold.firstMonth, hold.lastMonth, Time.text(unixMicroseconds: hold.placedUnixUs),
                hold.placedBy,
                hold.reason, hold.releasedBy.isEmpty ? "-" : Time.text(unixMicroseconds: hold.releasedUnixUs),
                hold.releasedBy.isEmpty ? "-" : hold.releasedBy,
            ])
        }
        Console.current.show(table.text)
    }
}

struct AuditArchivesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archives", abstract: "Show the months that were moved from the database into bundles.",
        discussion: """
            The digest is the SHA-256 of the file. `fieldseal audit verify --archive` reads the bundles, then the log. Needs the \
            right `status`.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await connection.withClient { try await $0.audit.status(options: connection.callOptions) }
        if output.json {
            let json = JSON.object([
                ("retention-months", .unsigned(UInt64(status.retentionMonths))),
                ("archives", .array(status.archives.map(\.json))),
            ])
            return Console.current.show(json.text())
        }
        guard !status.archives.isEmpty else { return Console.current.show("Nothing is archived.") }
        var table = Table(
            ["MONTH", "LEAVES", "LAST EVENT", "ARCHIVED", "BUNDLE", "SHA-256"], numeric: ["LEAVES", "LAST EVENT"])
        for archive in status.archives {
            table.append([
                archive.month, String(archive.end - min(archive.first, archive.end)), String(archive.lastEvent),
                Time.text(unixMicroseconds: archive.archivedUnixUs), archive.bundle.isEmpty ? "-" : archive.bundle,
                archive.digest.isEmpty ? "-" : Hexadecimal.encode(archive.digest),
            ])
        }
        Console.current.show(table.text)
    }
}

extension LegalHold {
    fileprivate var json: JSON {
        .object([
            ("name", .string(name)), ("from", .string(firstMonth)), ("through", .string(lastMonth)),
            ("reason", .string(reason)), ("placed-by", .string(placedBy)),
            ("placed", .string(Time.text(unixMicroseconds: placedUnixUs))), ("released-by", .string(releasedBy)),
            ("released", .string(releasedUnixUs == 0 ? "" : Time.text(unixMicroseconds: releasedUnixUs))),
            ("release-reason", .string(releaseReason)),
        ])
    }
}

extension LogArchive {
    fileprivate var json: JSON {
        .object([
            ("month", .string(month)), ("first", .unsigned(first)), ("end", .unsigned(end)),
            ("last-event", .unsigned(lastEvent)), ("bundle", .string(bundle)),
            ("sha-256", .string(Hexadecimal.encode(digest))),
            ("archived", .string(Time.text(unixMicroseconds: archivedUnixUs))),
        ])
    }
}
