import ArgumentParser
import FieldsealClient

struct KeysPropagationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propagation", abstract: "Show which encryption services know of a change of the key store.",
        discussion: "What a service holds that has not acknowledged ends by itself at the time under LAPSES.")

    @Argument(help: "The store's revision with the change; without it, the newest.")
    var revision: UInt64?

    @Flag(name: .long, help: "Wait until each has acknowledged, or what it holds has ended by itself.")
    var wait = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let propagation = try await connection.withClient { client in
            let first = try await client.keys.propagation(of: revision, options: connection.callOptions)
            return wait ? try await settled(first, client, connection.callOptions) : first
        }
        if output.json {
            let json = JSON.object([
                ("revision", .unsigned(propagation.revision)), ("watchers", .array(propagation.watchers.map(\.json))),
            ])
            Console.current.show(json.text())
        } else {
            Console.current.show("Store revision \(propagation.revision)\n" + KeyWatcher.text(propagation.watchers))
        }
    }
}
