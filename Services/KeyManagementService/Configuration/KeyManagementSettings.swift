import FieldsealAlerts
import FieldsealServiceRuntime

/// The service's own keys of the configuration.
struct KeyManagementSettings: Sendable {
    /// libpq's connection string of the key store's database.
    let database: String
    let masterKey: MasterKeySettings
    /// How long an encryption service may use a granted key.
    let leaseSeconds: UInt32
    /// Whether a start waits until the audit log has said which revision of the store it knows.
    let revisionCheck: RevisionCheck
    let alerts: AlertSettings
    let backup: BackupSettings
    let rotation: RotationSettings

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        database = try section.string("database")
        masterKey = try MasterKeySettings(try section.section("master-key"))
        let lease = try section.section("lease")
        leaseSeconds = UInt32(clamping: try lease.integer("ttl-seconds", default: 300, in: 10...3_600))
        rotation = try RotationSettings(try section.section("rotation"), seals: try SealLimits(lease))
        revisionCheck = try section.section("start").choice("revision-check", default: RevisionCheck.required)
        alerts = try AlertSettings(try section.section("alerts"))
        backup = try BackupSettings(try section.section("backup"))
    }
}
