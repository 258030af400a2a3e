import FieldsealAlerts
import FieldsealCrypto
import FieldsealCustody
import FieldsealServiceRuntime

/// The service's own keys of the configuration.
struct KeyManagementSettings: Sendable {
    /// libpq's connection string of the key store's database.
    let database: String
    let provider: PassphraseProvider
    /// How long an encryption service may use a granted key.
    let leaseSeconds: UInt32
    /// Whether a start waits until the audit log has said which revision of the store it knows.
    let revisionCheck: RevisionCheck
    let alerts: AlertSettings
    let backup: BackupSettings

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        database = try section.string("database")
        provider = try PassphraseProvider(try section.section("master-key"))
        let lease = try section.section("lease")
        leaseSeconds = UInt32(clamping: try lease.integer("ttl-seconds", default: 300, in: 10...3_600))
        revisionCheck = try section.section("start").choice("revision-check", default: RevisionCheck.required)
        alerts = try AlertSettings(try section.section("alerts"))
        backup = try BackupSettings(try section.section("backup"))
    }
}

private enum ProviderName: String, CaseIterable {
    case passphrase
}

extension PassphraseProvider {
    /// `provider`, `passphrase-file`, and scrypt's `cost` (log2 N) and `parallelism` for new wraps.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        switch try section.choice("provider", default: ProviderName.passphrase) {
        case .passphrase: break
        }
        let cost = try section.integer("cost", default: 17, in: 17...20)
        let parallelism = try section.integer("parallelism", default: 1, in: 1...4)
        let path = try section.path(of: "passphrase-file")
        let scrypt: Scrypt
        do throws(CryptoError) {
            scrypt = try Scrypt(costExponent: UInt8(clamping: cost), parallelism: UInt8(clamping: parallelism))
        } catch {
            throw section.missing("cost")
        }
        self.init(file: PassphraseFile(path: path), scrypt: scrypt)
    }
}
