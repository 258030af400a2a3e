import ArgumentParser
import FieldsealClient

struct AuditAlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Show what administrators were told of the log.")

    @OptionGroup var alerts: AlertOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        alerts.show(
            try await connection.withClient { client in
                try await client.audit.alerts(
                    since: alerts.sinceUnixMs, limit: alerts.limit, options: connection.callOptions)
            })
    }
}
