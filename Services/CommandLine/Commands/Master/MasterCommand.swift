import ArgumentParser
import FieldsealClient

struct MasterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master", abstract: "Look after the master key: who keeps it, drills, shares and backups.",
        subcommands: [
            MasterShowCommand.self, MasterAddCommand.self, MasterRemoveCommand.self, MasterDrillCommand.self,
            MasterSharesCommand.self, MasterBackupCommand.self,
        ])
}

struct MasterShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the master key and its custodians.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await connection.withClient { client in
            try await client.keys.master(options: connection.callOptions)
        }
        Console.current.show(output.json ? report.json().text() : report.text)
    }
}

struct MasterAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Wrap the master key under a further custodian.",
        discussion: """
            The custodian stands in the key-management service's configuration. No data and no other key is touched. Moving from \
            one custodian to another is add, drill, remove.
            """)

    @Argument(help: "The custodian, as the service's configuration calls it.")
    var name: String

    @OptionGroup var change: MasterChangeOptions

    func run() async throws {
        try await change.run { client, options in
            try await client.keys.addCustodian(name, dryRun: change.dryRun, options: options)
        }
    }
}

struct MasterRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take the master key away from a custodian.",
        discussion: """
            Its wrap leaves the key store; the last custodian stays. Whoever copied the wrap before can still open it there: \
            rotate the master key afterwards where that matters.
            """)

    @Argument(help: "The custodian.")
    var name: String

    @OptionGroup var change: MasterChangeOptions

    func run() async throws {
        try await change.run { client, options in
            try await client.keys.removeCustodian(name, dryRun: change.dryRun, options: options)
        }
    }
}

struct MasterDrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Open the master key through its custodians, to know that it can be done.",
        discussion: "Status 1 where one of them fails.")

    @Argument(help: "One custodian; without it, each of them.")
    var name: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let custodians = try await connection.withClient { client in
            try await client.keys.runDrill(of: name, options: connection.callOptions)
        }
        Console.current.show(
            output.json ? JSON.array(custodians.map(\.json)).text() : Custodian.table(custodians))
        let failed = custodians.filter { !$0.drillPassed }.map(\.name)
        guard failed.isEmpty else {
            throw CommandFailure(.failed, "the drill failed for \(failed.joined(separator: ", "))")
        }
    }
}

/// A change of custodians, and how it is told.
struct MasterChangeOptions: ParsableArguments {
    @Flag(name: .long, help: "Only tell what would change.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run(_ change: (FieldsealClient, CallOptions) async throws -> MasterKeyReport) async throws {
        let report = try await connection.withClient { client in try await change(client, connection.callOptions) }
        if output.json {
            Console.current.show(report.json(dryRun: dryRun).text())
        } else {
            Console.current.show(report.text + (dryRun ? "\nSo it would be; nothing was changed." : ""))
        }
    }
}
