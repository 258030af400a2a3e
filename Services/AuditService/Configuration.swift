import FieldsealAlerts
import FieldsealServiceRuntime

/// The service's own keys of the configuration.
struct AuditSettings: Sendable {
    /// libpq's connection string of the log's database.
    let database: String
    let connections: Int
    /// The same database as the role that owns the tables; the role of `database` then only reads and adds. Without it
    /// that role owns them.
    let migrationDatabase: String?
    let checkpoints: CheckpointSettings
    let alerts: AlertSettings
    /// Nil: everything stays in the database.
    let retention: RetentionSettings?
    /// Without a block of an open epoch, after which its producer is stale.
    let silence: Duration

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        database = try section.string("database")
        connections = try section.integer("database-connections", default: 8, in: 2...100)
        migrationDatabase = section.has("migration-database") ? try section.string("migration-database") : nil
        silence = .seconds(60 * (try section.integer("stale-after-minutes", default: 1_440, in: 1...525_600)))
        checkpoints = try CheckpointSettings(try section.section("checkpoints"))
        retention = section.has("retention") ? try RetentionSettings(try section.section("retention")) : nil
        alerts = try AlertSettings(try section.section("alerts"))
    }
}
