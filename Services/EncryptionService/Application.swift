import FieldsealAuditTrail
import FieldsealRPCTransport
import FieldsealServiceRuntime
import ServiceLifecycle

/// Puts the encryption service together.
enum Application: ServerApplication {
    static let name = "encryption-service"

    static func settings(_ section: ConfigurationSection) throws(ConfigurationError) -> Configuration {
        try Configuration(section)
    }

    static func services(_ context: ServerContext, settings: Configuration) async throws -> [any Service] {
        guard let auditService = context.configuration.audit.service else {
            throw StartupError.configuration(
                "audit.service is missing; name the audit service's addresses and identity")
        }
        let auditClient = try context.makeClient(of: auditService)
        let keysClient = try context.makeClient(of: settings.keys)
        let auditLog = RPCBlockSink(auditClient)
        let trail = try context.makeTrail(sink: auditLog, prover: auditLog)

        let recipient = try KeyRecipient(identity: context.configuration.identity)
        let source = KeyManagementClient(client: keysClient, recipient: recipient) { trail.statement(of: $0) }
        let store = FieldKeyStore(capacity: settings.cacheCapacity, subjects: settings.subjectCapacity)
        let work = BackgroundWork()
        var limits = KeyLoader.Limits()
        limits.ttl = settings.cacheTTL
        let readiness = Readiness()
        let clock = SystemBootClock()
        let signs = SignsOfLife(at: clock.now())
        let loader = KeyLoader(
            source: source, store: store, work: work, clock: clock, limits: limits, logger: context.logger,
            signs: signs,
            readiness: { readiness.set($0) })
        let service = EncryptionService(
            source: source, store: store, loader: loader, work: work, policy: context.policy, trail: trail,
            clock: clock, keyedCiphers: settings.keyedCiphers)
        let follower = KeyFollower(
            source: source, loader: loader, caches: service.caches, signs: signs, clock: clock, logger: context.logger)
        let server = try context.makeServer([service], trail: trail)
        readiness.connect(server.health)
        return [auditClient, trail, keysClient, work, loader, follower, server]
    }
}
