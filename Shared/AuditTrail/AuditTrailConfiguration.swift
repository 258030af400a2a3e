public import FieldsealTransparencyLog

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
    /// How long the oldest block may wait for its acknowledgement before the spool counts as full.
    public var maximumAge = Duration.seconds(7 * 86_400)
    /// A segment file is closed when it is this long.
    public var segmentBytes = 8 << 20
    /// What a checkpoint of the audit log must carry. With it, only what stands in such a checkpoint leaves the spool;
    /// without it, what is acknowledged.
    public var log: LogPolicy?
    /// How long a shipment waits for blocks that come close behind: each costs the audit service a transaction.
    public var shipmentPause = Duration.milliseconds(250)
    /// How long a stopping server goes on sending to the audit service. What is left is sent after the next start.
    public var drainTimeout = Duration.seconds(5)

    public init(producer: String, directory: String) {
        self.producer = producer
        self.directory = directory
    }
}

extension AuditTrailConfiguration {
    func validate() throws(SpoolError) {
        func refuse(_ text: String) -> SpoolError {
            SpoolError(code: .configuration, description: "audit spool: \(text)")
        }
        guard (1...AuditActor.maximumLength).contains(producer.utf8.count), producer.utf8.allSatisfy({ $0 > 0x20 })
        else { throw refuse("the producer's identity must have 1 to \(AuditActor.maximumLength) bytes and no blanks") }
        guard maximumBytes >= 4 << 20 else { throw refuse("max-bytes must be 4194304 at least") }
        guard (1...(366 * 86_400)).contains(maximumAge.components.seconds) else {
            throw refuse("max-age must be from a second to 366 days")
        }
        guard segmentBytes >= 64 << 10 else { throw refuse("a segment must have 65536 bytes at least") }
    }

    /// Small spools have small segments, so that room comes back in parts.
    var limits: SpoolLimits {
        SpoolLimits(
            segmentBytes: min(segmentBytes, maximumBytes / 8), maximumBytes: maximumBytes,
            maximumAge: maximumAge.components.seconds * 1_000_000, dropsWhenFull: mode == .relaxed)
    }
}
