import FieldsealAuditTrail
import FieldsealPostgres
import FieldsealServiceRuntime
import ServiceLifecycle

/// Puts the service together.
struct AuditApplication: ServerApplication {
    static let name = "audit-service"

    static func settings(_ section: ConfigurationSection) throws(ConfigurationError) -> AuditSettings {
        try AuditSettings(section)
    }

    static func services(_ context: ServerContext, settings: AuditSettings) async throws -> [any Service] {
        var database = PostgresConfiguration(conninfo: settings.database, applicationName: name)
        database.maximumConnections = settings.connections
        let pool = try PostgresPool(database, logger: context.logger)
        let log = EventLog(pool: pool, clock: UnixClock.microseconds)
        // What the service does itself goes into its own store, through a spool like everybody's.
        let trail = try context.makeTrail(sink: LocalBlockSink(log: log))
        let watch = LogWatch(pool: pool)
        let audit = AuditRPC(log: log, watch: watch, trail: trail, logger: context.logger)
        let server = try context.makeServer([audit.service()], trail: trail)
        let schema = SchemaService(
            pool: pool, owner: settings.migrationDatabase, health: server.health, logger: context.logger)
        _ = try await schema.attempt()
        // The watch stops first: it ends the streams that the server would wait for.
        return [pool, schema, trail, server, watch]
    }
}
