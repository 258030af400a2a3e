import ArgumentParser
import FieldsealClient

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell whether each configured service answers and serves.",
        discussion: "Every address is asked. Status 0: all of them serve. Details need the right `status`.")

    @Flag(name: .long, help: "Only ask whether they serve, which needs no right and leaves no event.")
    var health = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try ClientConfiguration.load(connection.config)
        var reports: [ServiceReport] = []
        for name in FieldsealClient.ServiceName.allCases {
            guard let service = configuration.service(name) else { continue }
            for address in service.addresses {
                reports.append(try await report(name, at: address, configuration))
            }
        }
        guard !reports.isEmpty else {
            throw CommandFailure(.usage, "the configuration names no service; add encryption, keys or audit")
        }
        Console.current.show(output.json ? JSON.array(reports.map(\.json)).text() : ServiceReport.table(reports))
        let worst = reports.compactMap(\.failure).max { $0.rawValue < $1.rawValue }
        if let worst {
            throw CommandFailure(
                worst, "\(reports.count { $0.failure != nil }) of \(reports.count) services do not serve")
        }
    }

    private func report(
        _ name: FieldsealClient.ServiceName, at address: ClientConfiguration.Address,
        _ configuration: ClientConfiguration
    ) async throws -> ServiceReport {
        return try await connection.withClient(of: configuration.alone(name, at: address)) { client in
            await ServiceReport(
                name, at: address.description, asking: client, detailed: !health, options: connection.callOptions)
        }
    }
}
