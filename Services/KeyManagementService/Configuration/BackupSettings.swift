import FieldsealCustody
import FieldsealServiceRuntime

/// The configuration's section `backup`.
struct BackupSettings: Sendable {
    /// Wraps the keys of backups; nil: no backup can be made.
    let provider: (any MasterKeyProvider)?
    let schedule: Schedule?
    let retention: BackupRetention

    /// Backups that are made by the service itself.
    struct Schedule: Sendable, Equatable {
        let directory: String
        let everyHours: Int
        /// The newest that stay; older ones are deleted.
        let keep: Int
    }

    /// Reads the keys of the backup key's provider, `directory`, `every-hours` (24), `keep` (14) and `retention-days`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        provider = section.has("provider") ? try section.masterKeyProvider() : nil
        let directory = try section.pathIfPresent(of: "directory")
        let everyHours = try section.integer("every-hours", default: 24, in: 1...8_760)
        let keep = try section.integer("keep", default: 14, in: 1...10_000)
        schedule = directory.map { Schedule(directory: $0, everyHours: everyHours, keep: keep) }
        retention = BackupRetention(
            days: section.has("retention-days")
                ? UInt32(clamping: try section.integer("retention-days", in: 0...36_500)) : nil)
        if directory != nil, provider == nil { throw section.missing("provider") }
    }
}
