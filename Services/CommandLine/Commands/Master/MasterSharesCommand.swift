import ArgumentParser
import FieldsealClient
import FieldsealCrypto

struct MasterSharesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shares", abstract: "Make a new unseal key for a custodian and split it among people.",
        discussion: """
            Each share is printed once and kept nowhere. They travel sealed to a key that this program makes for the call. Give \
            each to another person, let each try theirs by `fieldseal master drill` after an unseal, and do not keep this output.
            """)

    @Argument(help: "The custodian of provider shares, as the service's configuration calls it.")
    var name: String

    @Option(name: .long, help: ArgumentHelp("How many shares unseal.", valueName: "k"))
    var threshold: UInt32

    @Option(name: .long, help: ArgumentHelp("How many shares are made, at most 16.", valueName: "n"))
    var shares: UInt32

    @Flag(name: .long, help: "Only check what was asked for; no share is made.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (2...16).contains(shares), (2...shares).contains(threshold) else {
            throw ValidationError("wanted are --shares 2 to 16 and --threshold 2 to as many as there are shares")
        }
    }

    func run() async throws {
        let configuration = try ClientConfiguration.load(connection.config)
        try await connection.withClient(of: configuration) { client in
            if dryRun {
                try await preview(client)
            } else {
                try await make(client, configuration)
            }
        }
    }

    private func preview(_ client: FieldsealClient) async throws {
        let report = try await client.keys.master(options: connection.callOptions)
        guard let custodian = report.custodians.first(where: { $0.name == name }) else {
            throw CommandFailure(.failed, "no custodian is called \(name); see fieldseal master show")
        }
        guard custodian.provider == "shares" else {
            throw CommandFailure(
                .failed, "\(name) is a custodian of provider \(custodian.provider), which has no shares")
        }
        Console.current.show(
            custodian.holds
                ? "The shares that \(name) has now would open nothing any more. Nothing was changed."
                : "\(shares) shares would be made, \(threshold) of which unseal. Nothing was changed.")
    }

    private func make(_ client: FieldsealClient, _ configuration: ClientConfiguration) async throws {
        let recipient = try ShareRecipient(identity: try Console.current.identity(configuration))
        let (sealed, set) = try await client.keys.makeShares(
            for: name, threshold: threshold, shares: shares, recipient: recipient.publicKey,
            options: connection.callOptions)
        let texts = try sealed.map { try recipient.open($0) }
        let console = Console.current
        if output.json {
            let json = JSON.object([
                ("set", .string(Hexadecimal.encode(set))), ("threshold", .unsigned(UInt64(threshold))),
                ("shares", .array(texts.map { .string($0) })),
            ])
            console.show(json.text())
        } else {
            for text in texts { console.show(text) }
        }
        console.complain(
            "any \(threshold) of these \(shares) shares open the master key; they are shown once and kept nowhere: give each to another person, and clear this screen"
        )
    }
}
