import FieldsealPostgres
import FieldsealServiceRuntime
import FieldsealTransparencyLog
import Foundation
import Logging

extension AuditApplication {
    static let commands = [
        ServerCommand(
            "--reorigin", "REASON", parameters: ["--last-checkpoint": "FILE"],
            help: "begin a new log in the place of a lost one, under a new checkpoints.origin, and leave")
    ]

    static func perform(
        _ call: ServerCommandCall, configuration: ServerConfiguration, settings: AuditSettings, logger: Logger
    ) async throws -> String {
        let given = try call.parameters["--last-checkpoint"].map(checkpoint)
        let signers = try await settings.checkpoints.signers()
        let pool: PostgresPool
        do {
            pool = try PostgresPool(
                PostgresConfiguration(
                    conninfo: settings.database, applicationName: name, maximumConnections: 2,
                    statementTimeout: .seconds(3_600)), logger: logger)
        } catch {
            throw StartupError.configuration("database: \(error)")
        }
        let reorigination = Reorigination(
            log: EventLog(pool: pool, clock: UnixClock.microseconds, logger: logger),
            owner: LogOwner(serving: pool, conninfo: settings.migrationDatabase, logger: logger),
            origin: settings.checkpoints.origin, signers: signers, identity: configuration.identity,
            remembered: remembered(in: configuration.audit.spool), given: given)
        let outcome: Result<Reorigination.Summary, any Error>
        do {
            outcome = .success(try await reorigination.perform(reason: call.value))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        do {
            let summary = try outcome.get()
            let old = summary.statement.lastCheckpoint
            return
                "began \(summary.statement.origin) in the place of \(old.origin), whose last known checkpoint has \(old.size) "
                + "leaves and whose database had \(summary.statement.databaseSize); its tables are in the schema \(summary.schema)"
        } catch let error as ReoriginError {
            throw StartupError(exitCode: 65, "nothing was changed: \(error)")
        } catch {
            throw StartupError.unavailable("nothing was changed: \(error)")
        }
    }

    private static func checkpoint(_ path: String) throws(StartupError) -> SignedNote {
        guard let content = FileManager.default.contents(atPath: path) else { throw .usage("\(path) cannot be read") }
        guard let note = try? SignedNote(parsing: Array(content)), (try? Checkpoint(text: note.text)) != nil else {
            throw .usage("\(path) holds no checkpoint")
        }
        return note
    }

    /// The last checkpoint that the service itself has believed.
    private static func remembered(in spool: String) -> SignedNote? {
        guard let content = FileManager.default.contents(atPath: spool + "/checkpoint") else { return nil }
        return try? SignedNote(parsing: Array(content))
    }
}
