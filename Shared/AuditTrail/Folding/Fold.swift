/// What must be equal for two events of a block to become one.
struct FoldKey: Hashable {
    let actor: UInt64
    let field: UInt64
    let keyVersion: UInt64
    let hashKeyVersion: UInt64
    let operation: AuditOperation
    let outcome: Int32
    let cause: AuditCause
}

/// What control-plane events carry besides; they never fold.
struct EventDetail: Sendable {
    let object: String
    let outboxID: EventIdentifier
    let storeRevision: UInt64
    let epochKey: [UInt8]
    let witnessed: [UInt8]
}

/// Equal events as one: counted, with the identifiers of all of them.
struct Fold {
    /// A fold with this many bytes of identifiers takes no more; the next equal event opens another.
    static let identifierLimit = 64 << 10

    var actor: ActorHandle
    var field: FieldHandle
    var detail: EventDetail?
    var firstTime: Int64
    var lastTime: Int64
    var count: UInt64
    /// The request that last added to it, so that a request's ids stand once.
    var lastRequest: UInt64
    var recordHashes: [EventIdentifier] = []
    var requestIDs: [EventIdentifier] = []
    var traceIDs: [EventIdentifier] = []

    var identifierBytes: Int { 16 * (recordHashes.count + requestIDs.count + traceIDs.count) }

    /// Makes it a new fold that keeps its buffers.
    mutating func reopen(actor: ActorHandle, field: FieldHandle, time: Int64) {
        self.actor = actor
        self.field = field
        detail = nil
        firstTime = time
        lastTime = time
        count = 0
        lastRequest = 0
        recordHashes.removeAll(keepingCapacity: true)
        requestIDs.removeAll(keepingCapacity: true)
        traceIDs.removeAll(keepingCapacity: true)
    }
}
