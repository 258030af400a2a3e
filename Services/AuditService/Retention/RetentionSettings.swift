import FieldsealServiceRuntime

/// How long the log's rows stay in the database, and where they go then.
struct RetentionSettings: Sendable {
    /// Whole months that are kept behind the current one.
    let months: Int
    /// The folder of the bundles.
    let archive: String

    init(months: Int, archive: String) { (self.months, self.archive) = (months, archive) }

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        months = try section.integer("months", in: 1...1_200)
        archive = try section.path(of: "archive")
    }
}
