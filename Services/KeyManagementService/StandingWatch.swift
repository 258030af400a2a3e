import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealRPCTransport
import Logging

/// Says whether an unsealed service is ready: not while its store is quarantined, whether it started so or was rolled back
/// under it. What it finds is logged, audited and raised as an alert once.
final class StandingWatch {
    static let pause = Duration.seconds(2)

    private let authority: KeyAuthority
    private let trail: AuditTrail
    private let health: HealthStatus
    private let logger: Logger
    private var known: KeyServiceError?
    private var knownDistrust: String?

    init(authority: KeyAuthority, trail: AuditTrail, health: HealthStatus, logger: Logger) {
        self.authority = authority
        self.trail = trail
        self.health = health
        self.logger = logger
    }

    func run() async {
        while !Task.isCancelled {
            await tick()
            await watchLog()
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// A database that is away changes nothing: calls say so themselves.
    func tick() async {
        do {
            try await authority.read { _ in }
            if known != nil { logger.notice("the key store was accepted") }
            known = nil
            health.set(.serving)
        } catch {
            let failure = KeyServiceError(error)
            guard failure.isQuarantine || failure.code == .dataLoss else {
                if known == nil { health.set(.serving) }
                return
            }
            health.set(.notServing)
            guard failure != known else { return }
            known = failure
            logger.critical("the key store serves nothing", metadata: ["error": "\(failure)"])
            await record(failure)
        }
    }

    /// Raises an alert, once for each reason, where the audit log is not to be trusted.
    private func watchLog() async {
        let distrust = trail.distrust
        guard distrust != knownDistrust else { return }
        if let distrust {
            let alert = Alert(.auditLogDistrusted, .critical, text: "The audit log is not to be trusted: \(distrust).")
            guard (try? await authority.raise(alert)) != nil else { return }
        }
        knownDistrust = distrust
    }

    private func record(_ failure: KeyServiceError) async {
        var event = AuditEvent(actor: AuditActor(identity: authority.identity), operation: .status)
        event.outcome = failure.code.rawValue
        event.cause = failure.cause
        do {
            try await trail.record(event)
            try await authority.raise(
                Alert(
                    .storeDamaged, .critical,
                    text: "The key store serves nothing: \(failure.detail ?? failure.message)."))
        } catch {
            logger.error("the state of the key store was not reported", metadata: ["error": "\(error)"])
        }
    }
}

extension KeyAuthority {
    /// Raises an alert that belongs to no change of the store.
    func raise(_ alert: Alert) async throws {
        try await pool.withTransaction { connection in
            try await AlertQueue.raise([alert], unixMicroseconds: clock(), in: connection)
        }
    }
}
