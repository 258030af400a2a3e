import FieldsealAlerts
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
        let log = EventLog(pool: pool, clock: UnixClock.microseconds, logger: context.logger)
        log.memory.hold()
        let checkpoints = settings.checkpoints
        let signers = try await checkpoints.signers()
        for signer in signers { context.logger.notice("signing the log", metadata: ["key": "\(signer.verifier)"]) }
        let witnesses = try checkpoints.witnesses.map(Witness.init)
        let notary = Notary(
            log: log, origin: checkpoints.origin, signers: signers, idleBeat: checkpoints.idleBeat,
            witnesses: witnesses, logger: context.logger)
        let beat = CheckpointService(
            notary: notary, memory: log.memory, beat: checkpoints.beat, logger: context.logger)
        let publication = Publication(
            log: log, witnesses: witnesses.map(\.verifier), quorum: checkpoints.quorum)
        // What the service does itself goes into its own store, through a spool like everybody's.
        let own = LocalBlockSink(producer: context.configuration.identity, log: log, publication: publication)
        let trail = try context.makeTrail(sink: own, prover: own)
        let watch = LogWatch(pool: pool)
        let audit = AuditRPC(
            log: log, publication: publication, watch: watch, trail: trail, policy: context.policy,
            retentionMonths: UInt32(settings.retention?.months ?? 0), alertDestinations: settings.alerts.names,
            logger: context.logger)
        let server = try context.makeServer([audit.service()], trail: trail)
        let owner = LogOwner(serving: pool, conninfo: settings.migrationDatabase, logger: context.logger)
        var preparation = LogPreparation(
            pool: pool, owner: owner, log: log, checkpoints: beat, origin: checkpoints.origin,
            health: server.health, logger: context.logger)
        preparation.isReady = try await preparation.attempt()
        let completeness = CompletenessWatch(log: log, silence: settings.silence, logger: context.logger)
        let alerts = AlertDelivery(
            try settings.alerts.makeDestinations(
                source: context.configuration.identity, logger: context.logger, clock: UnixClock.microseconds),
            pool: pool, policy: settings.alerts.policy, logger: context.logger, clock: UnixClock.microseconds)
        let security = SecurityAlertService(
            follower: SecurityFollower(
                log: log, publication: publication, fold: settings.alerts.policy.fold,
                idleBeat: checkpoints.idleBeat.components.seconds * 1_000_000
            ) { [policy = context.policy] in policy.current.securityAlerts },
            watch: watch, logger: context.logger)
        let identity = context.configuration.identity
        let retention = RetentionService(
            log: log, owner: owner,
            archivist: settings.retention.map { settings in
                Archivist(
                    log: log, owner: owner, publication: publication, settings: settings, identity: identity,
                    logger: context.logger, publish: { try await trail.publish($0, timeout: $1) },
                    record: { try await trail.record($0) })
            },
            alerts: AlertRaiser(
                pool: pool, fold: settings.alerts.policy.fold, logger: context.logger, clock: UnixClock.microseconds),
            logger: context.logger)
        // The watch stops first: it ends the streams that the server would wait for.
        return [
            pool, preparation, beat, trail, completeness, AlertDeliveryService(alerts), security, retention, server,
            watch,
        ]
    }
}
