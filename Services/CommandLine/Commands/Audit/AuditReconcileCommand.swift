import ArgumentParser
import FieldsealClient

struct AuditReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile", abstract: "Compare what producers say they recorded with what the log holds.",
        discussion: """
            Each service that the configuration names is asked for the epoch it runs and its last block, at every address; the log, \
            for all epochs of which it took blocks since a time. Status 1: something is missing, stands twice, or was dropped. Needs \
            the right `query-audit`, and `status` at the services.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp("Only epochs of which blocks were stored since then; default: 30d.", valueName: "time"))
    var since: TimeArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try ClientConfiguration.load(connection.config)
        var statements: [Reconciliation.Statement] = []
        for name in FieldsealClient.ServiceName.allCases {
            guard let service = configuration.service(name) else { continue }
            for address in service.addresses {
                statements.append(try await ask(name, service.identity, address, configuration))
            }
        }
        let from = since?.unixMicroseconds ?? Console.current.now() - 30 * 86_400 * 1_000_000
        let epochs = try await connection.withClient(of: configuration) { client in
            try await client.audit.epochs(from: max(0, from), options: connection.callOptions)
        }
        let reconciliation = Reconciliation(statements, epochs.epochs)
        Console.current.show(output.json ? reconciliation.json.text() : reconciliation.text)
        if epochs.truncated {
            throw CommandFailure(.usage, "there are more epochs than one answer holds; name a later --since")
        }
        guard reconciliation.differences == 0 else {
            throw CommandFailure(.failed, "\(reconciliation.differences) differences between producers and the log")
        }
        guard reconciliation.unanswered.isEmpty else {
            throw CommandFailure(
                .unreachable, "\(reconciliation.unanswered.count) producers did not say what they recorded")
        }
    }

    private func ask(
        _ name: FieldsealClient.ServiceName, _ identity: String, _ address: ClientConfiguration.Address,
        _ configuration: ClientConfiguration
    ) async throws -> Reconciliation.Statement {
        try await connection.withClient(of: configuration.alone(name, at: address)) { client in
            var statement = Reconciliation.Statement(producer: identity, address: address.description)
            do {
                statement.spool = try await client.spool(of: name, options: connection.callOptions)
            } catch {
                statement.failure = "\(error)"
            }
            return statement
        }
    }
}
