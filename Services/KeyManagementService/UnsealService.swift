import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealPostgres
import FieldsealRPCTransport
import Logging
import ServiceLifecycle

/// Brings the schema up to date, moves the outbox's events into the audit trail, and opens the master key, again and
/// again until it succeeds; until then the service is sealed: not ready, and every call but `Status` is UNAVAILABLE.
struct UnsealService: Service {
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(30)

    let authority: KeyAuthority
    let trail: AuditTrail
    let migrations: [Migrations]
    let health: HealthStatus
    let logger: Logger

    func run() async throws {
        health.set(.notServing)
        await cancelWhenGracefulShutdown { await eventually(migrate) }
        try await withThrowingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown {
                    await eventually(unseal)
                    await StandingWatch(authority: authority, trail: trail, health: health, logger: logger).run()
                }
            }
            group.addTask {
                try await OutboxRelay(pool: authority.pool, trail: trail, logger: logger).run()
            }
            try await group.waitForAll()
        }
    }

    private func migrate() async throws {
        for migrations in migrations { try await migrations.apply(to: authority.pool, logger: logger) }
    }

    /// A pause between attempts, which ends early where shares have opened the service meanwhile.
    private func rest(_ pause: Duration) async {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, authority.isSealed, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func unseal() async throws {
        try await bringLogUpToDate()
        if authority.isSealed { try await authority.unseal() }
        logger.notice("unsealed", metadata: ["custodians": "\(authority.custodians.description)"])
    }

    /// What this replica recorded before it last stopped, and what waits in its spool, must stand in the log before the log
    /// is asked for the store's newest revision: events are stored in their order.
    private func bringLogUpToDate() async throws {
        guard authority.revisionCheck == .required, authority.history != nil, authority.isSealed else { return }
        var event = AuditEvent(actor: AuditActor(identity: authority.identity), operation: .status)
        event.cause = "start"
        try await trail.publish(event, timeout: .seconds(20))
    }

    /// Repeats `attempt` until it succeeds or the task is cancelled.
    private func eventually(_ attempt: () async throws -> Void) async {
        var pause = Self.firstPause
        var recorded: KeyServiceError?
        while !Task.isCancelled {
            do {
                return try await attempt()
            } catch {
                guard !Task.isCancelled else { return }
                let failure = KeyServiceError(error)
                logger.error(
                    "sealed: no keys are given out", metadata: ["error": "\(failure)", "next attempt": "\(pause)"])
                if failure != recorded {
                    await alert(failure)
                    await record(failure)
                    recorded = failure
                }
                await rest(pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// The store's rows cannot be verified yet, but an alert can be queued.
    private func alert(_ failure: KeyServiceError) async {
        guard failure.cause == KeyServiceError.custodyUnavailable.cause else { return }
        let alert = Alert(
            .providerUnreachable, .critical, text: "key management is sealed: no custodian opens the master key")
        do {
            try await authority.pool.withTransaction { connection in
                try await AlertQueue.raise([alert], unixMicroseconds: authority.clock(), in: connection)
            }
        } catch {
            logger.error("no alert was raised", metadata: ["error": "\(KeyServiceError(error))"])
        }
    }

    /// Once for each new reason: a store that was tampered with, or a wrong passphrase, stands in the audit trail.
    private func record(_ failure: KeyServiceError) async {
        var event = AuditEvent(actor: AuditActor(identity: authority.identity), operation: .status)
        event.outcome = failure.code.rawValue
        event.cause = failure.cause
        do {
            try await trail.record(event)
        } catch {
            logger.error("the failed start was not recorded", metadata: ["error": "\(error)"])
        }
    }
}
