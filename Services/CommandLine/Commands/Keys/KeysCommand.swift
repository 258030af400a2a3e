import ArgumentParser
import FieldsealClient

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Look at keys and lead them through their life; key bytes are never shown.",
        subcommands: [
            KeysListCommand.self, KeysShowCommand.self, KeysRotateCommand.self, KeysRollbackCommand.self,
            KeysScheduleCommand.self, KeysPauseCommand.self, KeysResumeCommand.self, KeysRetireCommand.self,
            KeysRestoreCommand.self, KeysCensusCommand.self, KeysCompromiseCommand.self, KeysPropagationCommand.self,
            KeysDestroyCommand.self, KeysEraseSubjectCommand.self, KeysAlertsCommand.self,
        ])
}

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List key versions.")

    @Argument(help: "Only this key: master, table, table.field or table.field/index.")
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only keys of this type: master, dek, fek, index, audit-hash or subject-wrapping.", valueName: "type"))
    var type: KeyType?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let keys = try await connection.withClient { client in
            try await client.keys.list(name: name, type: type ?? .unspecified, options: connection.callOptions)
        }
        Console.current.show(output.json ? JSON.array(keys.map(\.json)).text() : KeyInfo.table(keys))
    }
}

struct KeysShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one key and its versions.")

    @Argument(help: "The key: master, table, table.field or table.field/index.")
    var name: String

    @Option(
        name: .long,
        help: ArgumentHelp("Of 16 hexadecimal digits; without it, the active version.", valueName: "version"))
    var version: KeyVersionArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (key, versions) = try await connection.withClient { client in
            try await client.keys.show(name, version: version?.value, options: connection.callOptions)
        }
        if output.json {
            Console.current.show(JSON.object([("key", key.json), ("versions", .array(versions.map(\.json)))]).text())
        } else {
            Console.current.show("\(key.details)\n\nVersions\n\(KeyInfo.table(versions))")
        }
    }
}
