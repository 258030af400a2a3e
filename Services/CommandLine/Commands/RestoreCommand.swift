import ArgumentParser
import FieldsealClient

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Let a key store serve that was restored from a backup.",
        subcommands: [RestoreAcceptCommand.self])
}

struct RestoreAcceptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Bring a restored store up to what the audit log knows, and let it serve.",
        discussion: """
            A store that is older than the log serves nothing: it was restored, or somebody rolled it back. Accepting replays \
            compromises, destructions and erasures from the log and rotates what may have spent its seals. \
            `fieldseal status` tells the store's revision; --dry-run tells what would be replayed.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp("The store's revision as it is, as a check that it is the one meant.", valueName: "number"))
    var revision: UInt64

    @Flag(name: .long, help: "Only tell what would be done.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await connection.withClient { client in
            try await client.keys.acceptRestore(revision: revision, dryRun: dryRun, options: connection.callOptions)
        }
        Console.current.show(output.json ? report.json(dryRun: dryRun).text() : report.text(dryRun: dryRun))
    }
}

extension RestoreReport {
    fileprivate func json(dryRun: Bool) -> JSON {
        .object([
            ("dry-run", .bool(dryRun)), ("revision", .unsigned(revision)),
            ("logged-revision", .unsigned(loggedRevision)), ("replayed", .array(replayed.map(\.json))),
            ("rotated", .array(rotated.map(\.json))),
        ])
    }

    fileprivate func text(dryRun: Bool) -> String {
        var parts: [String] = []
        if replayed.isEmpty {
            parts.append("The log tells of nothing to replay.")
        } else {
            var table = Table(["TIME", "OPERATION", "OBJECT", "VERSION"])
            for event in replayed {
                table.append([
                    Time.orNone(unixMilliseconds: event.unixMs), event.operation,
                    event.object.isEmpty ? "-" : event.object,
                    event.version == 0 ? "-" : Hexadecimal.encode(event.version),
                ])
            }
            parts.append((dryRun ? "Would be replayed\n" : "Replayed\n") + table.text)
        }
        if !rotated.isEmpty {
            parts.append((dryRun ? "Would be rotated\n" : "Rotated\n") + KeyInfo.table(rotated))
        }
        parts.append(
            "Store revision \(revision); the log knows of \(loggedRevision)."
                + (dryRun ? " Nothing was changed." : " The store serves."))
        return parts.joined(separator: "\n\n")
    }
}

extension ReplayedEvent {
    fileprivate var json: JSON {
        .object([
            ("operation", .string(operation)), ("object", .text(object)), ("version", .version(version)),
            ("time", .time(unixMs)),
        ])
    }
}
