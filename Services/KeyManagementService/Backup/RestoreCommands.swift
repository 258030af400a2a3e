import FieldsealPostgres
import FieldsealServiceRuntime
import Logging

extension KeyManagementApplication {
    static let commands = [
        ServerCommand(
            "--restore", "FILE", modifiers: ["--replace"],
            help: "put a backup into an empty database, or with --replace over the same store, and leave"),
        ServerCommand("--verify-backup", "FILE", help: "check a backup down to its rows, and leave"),
    ]

    static func perform(
        _ call: ServerCommandCall, configuration: ServerConfiguration, settings: KeyManagementSettings, logger: Logger
    ) async throws -> String {
        guard let provider = settings.backup.provider else {
            throw StartupError.configuration("backup.provider is missing: what opens the backup's key")
        }
        let pool: PostgresPool
        do {
            pool = try PostgresPool(
                PostgresConfiguration(
                    conninfo: settings.database, applicationName: name, maximumConnections: 2,
                    statementTimeout: .seconds(600)), logger: logger)
        } catch {
            throw StartupError.configuration("database: \(error)")
        }
        let restore = StoreRestore(
            authority: KeyAuthority(
                pool: pool, custodians: settings.masterKey.custodians, identity: configuration.identity, logger: logger,
                clock: UnixClock.microseconds), provider: provider)
        let outcome: Result<StoreRestore.Summary, any Error>
        do {
            outcome = .success(
                call.option == "--restore"
                    ? try await restore.restore(path: call.value, replaces: call.modifiers.contains("--replace"))
                    : try await restore.verify(path: call.value))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        do {
            return try outcome.get().description
        } catch let error as BackupError {
            throw StartupError(exitCode: 65, error.description)
        } catch {
            let failure = KeyServiceError(error)
            throw failure.code == .unavailable
                ? StartupError.unavailable("\(failure)")
                : StartupError(exitCode: 65, "nothing was restored: \(failure)")
        }
    }
}
