/// What a server tells its audit trail.
public struct AuditTrailConfiguration: Sendable {
    public enum Mode: String, Sendable {
        /// Work that cannot be recorded is refused.
        case strict
        /// Work goes on; what cannot be recorded is counted, and the next block says how much was lost.
        case relaxed
    }

    /// SPIFFE URI of this server, written into every block.
    public var producer: String
    /// The spool's directory, made where it is missing; its parent must exist. It belongs to this producer alone.
    public var directory: String
    public var mode = Mode.strict
    /// Limit of the spool in bytes; at least 4 MiB.
    public var maximumBytes = 1 << 30
    /// A segment file is closed when it is this long.
    public var segmentBytes = 8 << 20
    /// How long a stopping server goes on sending to the audit service. What is left is sent after the next start.
    public var drainTimeout = Duration.seconds(5)

    public init(producer: String, directory: String) {
        self.producer = producer
        self.directory = directory
    }
}
