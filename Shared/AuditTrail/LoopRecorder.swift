public import FieldsealRPCTransport
public import FieldsealRPCTransport
internal import NIOCore

/// Records what one event loop does, without allocating per value; replies are held until it is durable.
///
/// One per event loop, from ``AuditTrail/recorder(on:)``. Every call comes on that loop, which is what makes it Sendable, and
/// no call is made within another, which is why its variables need no checks of exclusivity (they cost more than the rest).
/// A request starts with ``begin(actor:requestID:traceID:)``; each of its items then adds itself to the open batch. Equal
/// items fold into one event.
public final class LoopRecorder: ReplyGate, @unchecked Sendable {
    private let loop: any EventLoop
    private let trail: AuditTrail
    @exclusivity(unchecked) private var batch: EventBatch
    @exclusivity(unchecked) private var time: Int64 = 0
    @exclusivity(unchecked) private var actor = ActorHandle(AuditActor(identity: ""))
    @exclusivity(unchecked) private var request: UInt64 = 0
    @exclusivity(unchecked) private var requestID = EventIdentifier.zero
    @exclusivity(unchecked) private var traceID = EventIdentifier.zero

    init(loop: any EventLoop, trail: AuditTrail) {
        self.loop = loop
        self.trail = trail
        batch = trail.spool.batches.take()
    }

    /// Whether work may be done that must be recorded; asked before acting. false: the spool is full or has failed, the
    /// answer is UNAVAILABLE.
    public func admit() -> Bool { trail.spool.isAccepting }

    /// Starts a request, or goes on with one that was interrupted; what follows carries its ids.
    public func begin(actor: ActorHandle, requestID: EventIdentifier, traceID: EventIdentifier) {
        request &+= 1
        self.actor = actor
        self.requestID = requestID
        self.traceID = traceID
    }

    /// Records one item of the request. `outcome` is a gRPC status code. `recordHash` is the keyed hash of the record's id,
    /// made under `hashKeyVersion`; without one that version is 0.
    public func record(
        _ operation: AuditOperation, field: FieldHandle, keyVersion: UInt64, outcome: Int32 = 0,
        cause: AuditCause = .none, recordHash: EventIdentifier? = nil, hashKeyVersion: UInt64 = 0
    ) {
        if batch.isEmpty { time = trail.now() }
        let key = FoldKey(
            actor: actor.id, field: field.id, keyVersion: keyVersion,
            hashKeyVersion: recordHash == nil ? 0 : hashKeyVersion, operation: operation, outcome: outcome,
            cause: cause)
        let slot = batch.slot(for: key, actor: actor, field: field, time: time)
        batch.add(to: slot, request: request, requestID: requestID, traceID: traceID, recordHash: recordHash)
    }

    /// Records what a peer without the right was refused. The first refusal of a peer, operation and cause in a second is
    /// durable before its answer; the others of that second are counted and written when it is over.
    public func recordRefusal(_ refusal: AuditEvent) {
        let now = trail.now()
        guard let written = trail.refusals.note(refusal, at: now, hasRoom: trail.spool.hasRoomForStrangers) else {
            return
        }
        if batch.isEmpty { time = now }
        batch.add(written, actor: ActorHandle(written.actor), field: FieldHandle(written), now: now)
    }

    /// Something has been recorded since the last ``commit(_:)``.
    public var hasPending: Bool { !batch.isEmpty }

    /// Hands the burst to the spool. `released` is called on the loop: true when all of it is durable; false when it could
    /// not be kept, and the connections are to be closed without an answer.
    public func commit(_ released: @escaping @Sendable (Bool) -> Void) {
        let full = batch
        batch = trail.spool.batches.take()
        let loop = self.loop
        trail.spool.submit(full) { outcome in
            loop.execute { released(outcome.permitsAnswer) }
        }
    }
}
