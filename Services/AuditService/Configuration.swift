import FieldsealServiceRuntime

/// The service's own keys of the configuration.
struct AuditSettings: Sendable {
    /// libpq's connection string of the log's database.
    let database: String
    let connections: Int

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        database = try section.string("database")
        connections = try section.integer("database-connections", default: 8, in: 2...100)
    }
}
