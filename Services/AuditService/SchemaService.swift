import FieldsealPostgres
import FieldsealRPCTransport
import Logging
import ServiceLifecycle

/// Brings the schema up to date, again and again until it succeeds; until then the service is not ready.
struct SchemaService: Service {
    static let pause = Duration.seconds(1)

    let pool: PostgresPool
    let health: HealthStatus
    let logger: Logger

    func run() async throws {
        health.set(.notServing)
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await AuditSchema.migrations.apply(to: pool, logger: logger)
                    health.set(.serving)
                    break
                } catch let error as PostgresError where error.code == .foreignSchema {
                    throw error
                } catch {
                    logger.error("the database is not ready", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Self.pause)
                }
            }
            // Nothing more to do, but a service that ends would end the process.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        }
    }
}
