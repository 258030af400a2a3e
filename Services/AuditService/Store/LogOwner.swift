import FieldsealPostgres
import Logging

/// Whoever may change the log's tables: a role of its own, or the one that serves.
struct LogOwner: Sendable {
    let serving: PostgresPool
    /// Its connection string, where it is another role.
    let conninfo: String?
    let logger: Logger

    /// Runs `body` as the owner, on one connection that lasts no longer.
    func withPool<Value: Sendable>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        guard let conninfo else { return try await body(serving) }
        let pool = try PostgresPool(
            .init(
                conninfo: conninfo, applicationName: "\(AuditApplication.name) migration", maximumConnections: 1),
            logger: logger)
        let value: Value
        do {
            value = try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
        return value
    }
}
