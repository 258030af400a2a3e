import ArgumentParser
import FieldsealClient

struct KeysCompromiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compromise", abstract: "Take a key out of use, and everything that was ever under it.",
        discussion: """
            New versions are made from parents that are not compromised, the old ones are marked for good, and every encryption \
            service is told to forget them. A compromised version opens only through Rewrap by an identity that may \
            rewrap-compromised: move the data there next, then destroy the version. The answer names the tables, fields and rows \
            concerned, and, with the right query-audit, who used the versions since the time of suspicion.
            """)

    @Argument(help: "The key: table.field, table, master or table.field/index.")
    var key: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only this version, of 16 hexadecimal digits; without it, every version.", valueName: "version")
    )
    var version: KeyVersionArgument?

    @Option(name: .long, help: ArgumentHelp("For the alert that administrators get.", valueName: "text"))
    var reason: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Since when it may have been in other hands: 2026-11-24T10:15:30Z, or how long ago: 15m, 2h, 3d.",
            valueName: "time"))
    var suspectedSince: TimeArgument

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A custodian that is away, and under which a new master key is not wrapped. Can be repeated.",
            valueName: "custodian"))
    var without: [String] = []

    @Flag(name: .long, help: "Only tell what would be concerned.")
    var dryRun = false

    @Flag(
        name: .long,
        help: "Wait until every encryption service has acknowledged, or what it holds has ended by itself.")
    var wait = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...500).contains(reason.utf8.count) else { throw ValidationError("--reason wants 1 to 500 bytes") }
    }

    func run() async throws {
        try await connection.withClient { client in
            var report = try await client.keys.compromise(
                key, version: version?.value, reason: reason,
                suspectedSince: suspectedSince.unixMicroseconds / 1000, without: without, dryRun: dryRun,
                options: connection.callOptions)
            if wait && !dryRun {
                report.watchers = try await settled(
                    Propagation(revision: report.revision, watchers: report.watchers), client, connection.callOptions
                ).watchers
            }
            let use = await KeyUse(
                of: report, since: suspectedSince.unixMicroseconds, client, options: connection.callOptions)
            Console.current.show(
                output.json ? report.json(dryRun: dryRun, use: use).text() : report.text(dryRun: dryRun, use: use))
        }
    }
}

/// Who used versions of keys, as the audit log tells it with the caller's own right.
enum KeyUse {
    case known([AuditUse], isComplete: Bool)
    /// In words.
    case unknown(String)

    /// What one question to the log may name.
    private static let mostVersions = 1000

    init(
        of report: CompromiseReport, since: Int64, _ client: FieldsealClient, options: CallOptions
    ) async {
        let versions = Set(report.compromised.map(\.version) + report.affected.flatMap(\.versions)).sorted()
        var uses: [AuditUse] = []
        var isComplete = true
        do {
            for start in stride(from: 0, to: versions.count, by: Self.mostVersions) {
                let answer = try await client.audit.summarizeUse(
                    AuditQuery(fromUnixUs: since),
                    keyVersions: Array(versions[start..<min(start + Self.mostVersions, versions.count)]),
                    options: options)
                uses += answer.uses
                isComplete = isComplete && !answer.truncated
            }
            self = .known(uses, isComplete: isComplete)
        } catch {
            self = .unknown(
                error.code == .permissionDenied
                    ? "not granted to you; an auditor sees it by fieldseal audit query --key-version" : "\(error)")
        }
    }
}

/// Asks until every watcher has acknowledged, or what it holds has ended by itself.
func settled(
    _ first: Propagation, _ client: FieldsealClient, _ options: CallOptions
) async throws -> Propagation {
    var propagation = first
    while propagation.watchers.contains(where: { !$0.isSettled(at: Console.current.now() / 1000) }) {
        propagation = try await client.keys.propagation(
            of: first.revision, wait: min(options.timeout / 2, .seconds(5)), options: options)
    }
    return propagation
}
