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
    static let migrations = [
        AuditSchema.migrations, AlertQueue.migrations, SecurityAlertSchema.migrations, EpochWitnessSchema.migrations,
    ]

    let pool: PostgresPool
    let owner: LogOwner
    let log: EventLog
    let checkpoints: CheckpointService
    /// The log's name.
    let origin: String
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
            try await checkOrigin()
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

    /// A log never changes its name.
    private func checkOrigin() async throws {
        let newest = try await log.newestCheckpoint()
        if let stored = newest?.checkpoint.origin, stored != origin {
            throw StartupError.configuration(
                "the database holds the log \(stored), and checkpoints.origin names \(origin); \(AuditApplication.name) "
                    + "--reorigin begins a new log in the place of a lost one")
        }
    }

    private func prepare() async throws {
        let role = try await DatabaseRole.name(pool)
        try await owner.withPool { owning in
            for migrations in Self.migrations { try await migrations.apply(to: owning, logger: logger) }
            _ = try await EventLog.makeMonths(around: log.clock(), by: owning)
            if owner.conninfo != nil { try await DatabaseRole.grant(role, by: owning) }
        }
        guard owner.conninfo != nil else {
            logger.warning("the database role owns the log's tables; name their owner by migration-database")
            return
        }
        for migrations in Self.migrations { try await migrations.verify(pool) }
        guard try await !DatabaseRole.canAlterLog(pool) else {
            throw StartupError.configuration(
                "the role of database can change the log's tables although migration-database is given: take its rights"
            )
        }
    }
}
