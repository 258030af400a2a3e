import FieldsealPostgres
import FieldsealTransparencyLog
import Logging

/// The log in PostgreSQL. What is answered as stored is durable, and indexes rise without gap in the order of the commits:
/// writers hold one advisory lock until they have committed, and whoever writes without it is fenced by the tree heads.
struct EventLog: Sendable {
    static let channel = "fieldseal_audit_log"
    static let lock = "fieldseal audit log"

    let pool: PostgresPool
    let clock: @Sendable () -> Int64
    var logger = Logger(label: "audit-log")
    let memory = HeadMemory()
    let signings = EpochSigningCache()
}
