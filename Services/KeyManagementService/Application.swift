import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealPostgres
import FieldsealServiceRuntime
import ServiceLifecycle

/// Puts the service together.
struct KeyManagementApplication: ServerApplication {
    static let name = "key-management-service"

    static func settings(_ section: ConfigurationSection) throws(ConfigurationError) -> KeyManagementSettings {
        try KeyManagementSettings(section)
    }

    static func services(
        _ context: ServerContext, settings: KeyManagementSettings
    ) async throws -> [any Service] {
        guard let auditService = context.configuration.audit.service else {
            throw StartupError.configuration("audit.service is missing: where the audit trail is sent to")
        }
        let auditClient = try context.makeClient(of: auditService)
        let auditLog = RPCBlockSink(auditClient)
        let trail = try context.makeTrail(sink: auditLog, prover: auditLog)
        let pool = try PostgresPool(
            PostgresConfiguration(conninfo: settings.database, applicationName: name), logger: context.logger)
        let authority = KeyAuthority(
            pool: pool, custodians: settings.masterKey.custodians, identity: context.configuration.identity,
            logger: context.logger,
            history: AuditServiceHistory(client: auditClient, identity: context.configuration.identity),
            revisionCheck: settings.revisionCheck, rotation: settings.rotation.policy,
            backupRetention: settings.backup.retention,
            alertFold: settings.alerts.policy.fold, clock: UnixClock.microseconds)
        let keys = KeysService(
            authority: authority, trail: trail, policy: context.policy, grantSeconds: settings.leaseSeconds,
            logger: context.logger, backupProvider: settings.backup.provider,
            alertDestinations: settings.alerts.names)
        let server = try context.makeServer([keys.rpcService()], trail: trail)
        let unsealing = UnsealService(
            authority: authority, trail: trail,
            migrations: [Outbox.migrations, AlertQueue.migrations, KeyStoreSchema.migrations],
            health: server.health, logger: context.logger)
        let scheduler = Scheduler(
            authority: authority, replica: ProcessName.current, interval: settings.rotation.interval,
            logger: context.logger
        ) { try await trail.publish($0, timeout: KeysService.announcementTimeout) }
        let alerts = AlertDelivery(
            try settings.alerts.makeDestinations(
                source: context.configuration.identity, logger: context.logger, clock: UnixClock.microseconds),
            pool: pool, policy: settings.alerts.policy, logger: context.logger, clock: UnixClock.microseconds)
        var backups: [any Service] = []
        if let schedule = settings.backup.schedule, let provider = settings.backup.provider {
            backups.append(
                BackupService(
                    authority: authority, provider: provider, schedule: schedule, trail: trail, logger: context.logger))
        }
        let custody = CustodyWatch(authority: authority, drillDays: settings.masterKey.drillDays)
        return [
            auditClient, trail, pool, unsealing, custody, KeyWatchService(authority: authority),
            AlertDeliveryService(alerts),
            scheduler,
        ]
            + backups + [server]
    }
}
