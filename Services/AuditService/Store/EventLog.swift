import FieldsealPostgres
import FieldsealTransparencyLog

/// The log in PostgreSQL. What is answered as stored is durable, and indexes rise without gap in the order of the commits:
/// writers hold one advisory lock until they have committed.
struct EventLog: Sendable {
    static let channel = "fieldseal_audit_log"

    let pool: PostgresPool
    let clock: @Sendable () -> Int64
}
