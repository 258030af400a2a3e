import FieldsealAlerts
import FieldsealCustody
import FieldsealPostgres
import FieldsealRPCTransport
import FieldsealServiceRuntime
import Logging
import ServiceLifecycle

/// Brings the schema up to date, the log into its tree, and compares it with what is known of it: again and again until that
/// succeeds. Until then the service is not ready.
struct LogPreparation: Service {
    private static let pause = Duration.seconds(1)
    /// All that stands in the database.
    static let migrations = [AuditSchema.migrations, AlertQueue.migrations, SecurityAlertSchema.migrations]

    let pool: PostgresPool
    /// Connection string of the tables' owner, where that is another role.
    let owner: String?
    let log: EventLog
    let checkpoints: CheckpointService
    let health: HealthStatus
    let logger: Logger
    /// An attempt before `run()` has succeeded.
    var isReady = false

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            guard !isReady else { return }
            while try await !attempt(), !Task.isCancelled { try? await Task.sleep(for: Self.pause) }
        }
        // Nothing more to do, but a service that ends would end the process.
        try? await gracefulShutdown()
    }

    /// Whether the schema is ready now.
    /// - Throws: `StartupError` for what time does not mend.
    func attempt() async throws -> Bool {
        do {
            try await prepare()
            try await log.growTree()
            try await checkpoints.begin()
            health.set(.serving)
            return true
        } catch let error as StartupError {
            throw error
        } catch let error as PostgresError where error.code == .foreignSchema || error.code == .configuration {
            throw StartupError.configuration("\(error)")
        } catch let error as MasterKeyError where error.code != .unavailable {
            throw StartupError(signingKey: error)
        } catch {
            health.set(.notServing)
            let what = error is MasterKeyError ? "the log's signing key does not sign" : "the database is not ready"
            logger.error("\(what)", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func prepare() async throws {
        guard let owner else {
            for migrations in Self.migrations { try await migrations.apply(to: pool, logger: logger) }
            logger.warning("the database role owns the log's tables; name their owner by migration-database")
            return
        }
        let role = try await DatabaseRole.name(pool)
        let owning = try PostgresPool(
            .init(conninfo: owner, applicationName: "\(AuditApplication.name) migration", maximumConnections: 1),
            logger: logger)
        do {
            for migrations in Self.migrations { try await migrations.apply(to: owning, logger: logger) }
            try await DatabaseRole.grant(role, by: owning)
        } catch {
            await owning.close()
            throw error
        }
        await owning.close()
        for migrations in Self.migrations { try await migrations.verify(pool) }
        guard try await !DatabaseRole.canAlterLog(pool) else {
            throw StartupError.configuration(
                "the role of database can change the log's tables although migration-database is given: take its rights"
            )
        }
    }
}
