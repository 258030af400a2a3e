import ArgumentParser
import FieldsealClient

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Look at keys and rotate them; key bytes are never shown.",
        subcommands: [KeysListCommand.self, KeysShowCommand.self, KeysRotateCommand.self])
}

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List key versions.")

    @Argument(help: "Only this key: master, table, table.field or table.field/index.")
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Only keys of this type: master, dek, fek, index or audit-hash.", valueName: "type"))
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

struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give keys a new version.",
        discussion: """
            What is encrypted under older versions stays readable; Rewrap brings it under the new one. Rotating a table's key or \
            the master key wraps the keys below it anew and touches no data.
            """)

    @Argument(help: "The keys: table.field (its field key), table (its data encryption key) or master.")
    var names: [String]

    @Flag(name: .long, help: "Only tell which versions would be superseded.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await connection.withClient { client in
            if dryRun {
                try await preview(client)
            } else {
                try await rotate(client)
            }
        }
    }

    private func preview(_ client: FieldsealClient) async throws {
        var active: [KeyInfo] = []
        for name in names { active.append(try await client.keys.show(name, options: connection.callOptions).key) }
        if output.json {
            Console.current.show(
                JSON.object([("dry-run", .bool(true)), ("superseded", .array(active.map(\.json)))]).text())
        } else {
            Console.current.show("These versions would be superseded; nothing was changed.\n\(KeyInfo.table(active))")
        }
    }

    private func rotate(_ client: FieldsealClient) async throws {
        let results = try await client.keys.rotate(names, options: connection.callOptions)
        if output.json {
            Console.current.show(JSON.array(results.map { $0.json { $0.jsonMembers } }).text())
        } else {
            var table = Table(["KEY", "VERSION", "STATE", "SUITE", "CREATED"])
            for (name, result) in zip(names, results) {
                guard case .success(let key) = result else { continue }
                table.append([
                    key.field.isEmpty ? name : key.field, Hexadecimal.encode(key.version), key.state.word,
                    key.suite == .unspecified ? "-" : key.suite.word,
                    Time.text(unixMilliseconds: key.createdUnixMs),
                ])
            }
            if results.contains(where: { (try? $0.get()) != nil }) { Console.current.show(table.text) }
        }
        try reportFailures(results, names: names)
    }
}
