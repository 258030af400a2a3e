import ArgumentParser
import FieldsealClient

struct KeysRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Take a rotation back while its transition lasts.",
        discussion: """
            The version before becomes active again and the newer one goes to transition, so that everything stays readable. \
            Refused where the older version is compromised or has spent its seals.
            """)

    @Argument(help: "The key: table.field, table or master.")
    var key: String

    @OptionGroup var change: KeyChangeOptions

    func run() async throws {
        try await change.run { client, options in
            try await client.keys.rollBack(key, dryRun: change.dryRun, options: options)
        }
    }
}

struct KeysRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "End a version's transition before its time.",
        discussion: "What is still encrypted under it is refused from then on, until it is restored.")

    @OptionGroup var version: KeyVersionOptions
    @OptionGroup var change: KeyChangeOptions

    func run() async throws {
        try await change.run { client, options in
            try await client.keys.retire(
                version.key, version: version.version.value, dryRun: change.dryRun, options: options)
        }
    }
}

struct KeysRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a retired version back into transition, so that it decrypts again.")

    @OptionGroup var version: KeyVersionOptions
    @OptionGroup var change: KeyChangeOptions

    func run() async throws {
        try await change.run { client, options in
            try await client.keys.restore(
                version.key, version: version.version.value, dryRun: change.dryRun, options: options)
        }
    }
}

/// One version of a key.
struct KeyVersionOptions: ParsableArguments {
    @Argument(help: "The key: table.field, table, master or table.field/index.")
    var key: String

    @Argument(help: "Its version, of 16 hexadecimal digits.")
    var version: KeyVersionArgument
}

/// A change of versions, and how it is told.
struct KeyChangeOptions: ParsableArguments {
    @Flag(name: .long, help: "Only tell what would change.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run(_ change: (FieldsealClient, CallOptions) async throws -> KeyChange) async throws {
        let changed = try await connection.withClient { client in try await change(client, connection.callOptions) }
        if output.json {
            let json = JSON.object([
                ("dry-run", .bool(dryRun)), ("revision", .unsigned(changed.revision)),
                ("keys", .array(changed.keys.map(\.json))),
            ])
            Console.current.show(json.text())
        } else {
            let end = dryRun ? "Nothing was changed." : "Done; store revision \(changed.revision)."
            Console.current.show("\(KeyInfo.table(changed.keys))\n\(end)")
        }
    }
}
