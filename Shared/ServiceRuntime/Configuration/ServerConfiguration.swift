public import FieldsealTransparencyLog

/// What every server's configuration file holds.
public struct ServerConfiguration: Sendable {
    /// Where the server listens; port 0 takes a free one.
    public let listen: Endpoint
    /// The server's own identity; its certificate must carry it.
    public let identity: String
    public let tls: TLSConfiguration
    /// Path of the policy file.
    public let policy: String
    public let log: LogConfiguration
    public let audit: AuditConfiguration

    /// Reads the common keys; the server's own keys stay to be read from the same section, then `finish` is called.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        listen = try section.required("listen").endpoint(allowingPortZero: true)
        identity = try section.required("identity").identity()
        tls = try TLSConfiguration(try section.section("tls"))
        policy = try section.path(of: "policy")
        log = try LogConfiguration(try section.section("log"))
        audit = try AuditConfiguration(try section.section("audit"))
    }
}

/// PEM files of one party.
public struct TLSConfiguration: Hashable, Sendable {
    public let certificate: String
    public let key: String
    /// The only roots that are trusted.
    public let ca: String
    /// Identities that are refused whatever their certificate says, one a line; `#` begins a comment.
    public let denied: String?

    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        certificate = try section.path(of: "certificate")
        key = try section.path(of: "key")
        ca = try section.path(of: "ca")
        denied = try section.pathIfPresent(of: "denied")
    }
}

/// The local spool of audit events and where it is shipped to.
public struct AuditConfiguration: Hashable, Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        /// Work that cannot be recorded is refused.
        case strict
        /// Work goes on; what could not be recorded is counted.
        case relaxed
    }

    /// Folder of the spool.
    public let spool: String
    public let mode: Mode
    /// Limit of the spool in bytes.
    public let maxBytes: Int
    /// How long the oldest event may wait for the audit service.
    public let maxAgeHours: Int
    /// What is believed of the audit log's checkpoints; nil: they are not verified.
    public let log: LogPolicy?
    /// Nil in the audit service itself.
    public let service: PeerConfiguration?

    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        spool = try section.path(of: "spool")
        mode = try section.choice("mode", default: .strict)
        maxBytes = try section.integer("max-bytes", default: 1 << 30, in: (4 << 20)...(1 << 40))
        maxAgeHours = try section.integer("max-age-hours", default: 168, in: 1...8_760)
        log = try LogPolicy(section)
        service = section.has("service") ? try section.peer("service") : nil
    }
}
