/// The folds of one read burst, or of one call of ``AuditTrail/record(_:)``. Its buffers are used again and again.
///
/// Sendable because it has one owner at a time: the loop that fills it, the spool's thread that writes it, the pool. For the same
/// reason its variables need no checks of exclusivity.
final class EventBatch: @unchecked Sendable {
    /// A new event is compared with this many of the latest folds; one that is missed costs a second fold, which the spool's
    /// thread joins again.
    static let scanned = 8
    /// Folds kept for reuse.
    static let retained = 64

    @exclusivity(unchecked) private(set) var keys: ContiguousArray<FoldKey> = []
    @exclusivity(unchecked) private(set) var folds: ContiguousArray<Fold> = []
    @exclusivity(unchecked) private(set) var count = 0
    /// Items recorded, the counts of all folds.
    @exclusivity(unchecked) private(set) var items: UInt64 = 0

    var isEmpty: Bool { count == 0 }

    /// The fold that equal events go to, opened where there is none.
    @inline(__always)
    func slot(for key: FoldKey, actor: ActorHandle, field: FieldHandle, time: Int64) -> Int {
        var index = count - 1
        let lowest = max(0, count - Self.scanned)
        while index >= lowest {
            if keys[index] == key, folds[index].identifierBytes < Fold.identifierLimit, folds[index].detail == nil {
                return index
            }
            index -= 1
        }
        return open(key, actor: actor, field: field, time: time)
    }

    /// Adds one item to a fold. `request` tells requests apart: each adds its ids once.
    @inline(__always)
    func add(
        to slot: Int, request: UInt64, requestID: EventIdentifier, traceID: EventIdentifier,
        recordHash: EventIdentifier?
    ) {
        folds[slot].count += 1
        items += 1
        if let recordHash { folds[slot].recordHashes.append(recordHash) }
        guard folds[slot].lastRequest != request else { return }
        folds[slot].lastRequest = request
        if !requestID.isZero { folds[slot].requestIDs.append(requestID) }
        if !traceID.isZero { folds[slot].traceIDs.append(traceID) }
    }

    /// Adds a whole event. More record hashes than one fold takes are spread over several.
    func add(_ event: AuditEvent, actor: ActorHandle, field: FieldHandle, now: Int64) {
        let time = event.unixMicroseconds ?? now
        let key = FoldKey(
            actor: actor.id, field: field.id, keyVersion: event.keyVersion, hashKeyVersion: event.hashKeyVersion,
            operation: event.operation, outcome: event.outcome, cause: event.cause)
        let chunk = Fold.identifierLimit / 16
        var first = 0
        repeat {
            let hashes = event.recordHashes[first..<min(first + chunk, event.recordHashes.count)]
            let slot = open(key, actor: actor, field: field, time: time)
            folds[slot].lastTime = max(time, event.lastUnixMicroseconds ?? time)
            let itemCount = event.recordHashes.isEmpty ? event.count : UInt64(hashes.count)
            folds[slot].count = itemCount
            items = items.addingReportingOverflow(itemCount).partialValue
            folds[slot].recordHashes.append(contentsOf: hashes)
            if !event.requestID.isZero { folds[slot].requestIDs.append(event.requestID) }
            if !event.traceID.isZero { folds[slot].traceIDs.append(event.traceID) }
            if event.standsAlone {
                folds[slot].detail = EventDetail(
                    object: event.object.fitted(toBytes: AuditActor.maximumLength), outboxID: event.outboxID,
                    storeRevision: event.storeRevision, epochKey: event.epochKey, witnessed: event.witnessed)
            }
            first += hashes.count
        } while first < event.recordHashes.count
    }

    /// Empties it and keeps its buffers, within bounds.
    func reset() {
        count = 0
        items = 0
        keys.removeAll(keepingCapacity: true)
        if folds.count > Self.retained { folds.removeSubrange(Self.retained...) }
    }

    private func open(_ key: FoldKey, actor: ActorHandle, field: FieldHandle, time: Int64) -> Int {
        let slot = count
        keys.append(key)
        if slot < folds.count {
            folds[slot].reopen(actor: actor, field: field, time: time)
        } else {
            folds.append(
                Fold(actor: actor, field: field, firstTime: time, lastTime: time, count: 0, lastRequest: 0))
        }
        count += 1
        return slot
    }
}
