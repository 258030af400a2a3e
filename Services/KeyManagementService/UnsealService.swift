import FieldsealAuditTrail
import FieldsealPostgres
import FieldsealRPCTransport
import Logging
import ServiceLifecycle

/// Brings the schema up to date and opens the master key, again and again until it succeeds; meanwhile the service is
/// sealed: not ready, and every call but `Status` is UNAVAILABLE.
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
        await cancelWhenGracefulShutdown {
            await unsealEventually()
            // Nothing more to do, but a service that ends would end the process.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        }
    }

    private func unsealEventually() async {
        var pause = Self.firstPause
        var recorded: KeyServiceError?
        while !Task.isCancelled {
            do {
                for migrations in migrations { try await migrations.apply(to: authority.pool, logger: logger) }
                try await authority.unseal()
                health.set(.serving)
                return logger.notice("unsealed", metadata: ["provider": "\(authority.provider.name)"])
            } catch {
                let failure = KeyServiceError(error)
                logger.error(
                    "sealed: no keys are given out", metadata: ["error": "\(failure)", "next attempt": "\(pause)"])
                if failure != recorded {
                    await record(failure)
                    recorded = failure
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
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
