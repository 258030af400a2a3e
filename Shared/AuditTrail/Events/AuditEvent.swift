/// One thing that happened, for everything but the hot path (there is ``LoopRecorder``).
///
/// Never holds plaintext, a hash of it, a key, or text of a caller: `table`, `field` and `object` are names the catalog knows.
public struct AuditEvent: Hashable, Sendable {
    public var actor: AuditActor
    public var operation: AuditOperation
    public var table = ""
    public var field = ""
    public var keyVersion: UInt64 = 0
    /// A gRPC status code; 0 is success.
    public var outcome: Int32 = 0
    public var cause = AuditCause.none
    /// How many items this event stands for. With record hashes it is their number.
    public var count: UInt64 = 1
    /// The version of the audit-hash key under which `recordHashes` were made; 0 without any.
    public var hashKeyVersion: UInt64 = 0
    public var recordHashes: [EventIdentifier] = []
    public var requestID = EventIdentifier.zero
    public var traceID = EventIdentifier.zero
    /// The id of the outbox row of a control-plane event.
    public var outboxID = EventIdentifier.zero
    /// Key or catalog object of a control-plane event.
    public var object = ""
    public var storeRevision: UInt64 = 0
    /// Of an `epoch-open`: the public key that signs the epoch's blocks.
    var epochKey: [UInt8] = []
    /// Of a `witness-epoch`: the encoded `fieldseal.v1.EpochStatement` of the actor.
    public var witnessed: [UInt8] = []
    /// Microseconds since 1970-01-01 UTC; nil: when it is recorded.
    public var unixMicroseconds: Int64?
    /// The time of the last of several items; nil: that of the first.
    public var lastUnixMicroseconds: Int64?

    public init(actor: AuditActor, operation: AuditOperation) {
        self.actor = actor
        self.operation = operation
    }

    /// Control-plane events stand alone; all others fold.
    var standsAlone: Bool {
        !outboxID.isZero || !object.isEmpty || storeRevision != 0 || !epochKey.isEmpty || !witnessed.isEmpty
    }
}
