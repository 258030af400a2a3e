internal import FieldsealMessages

/// An event as it waits in an outbox: a `fieldseal.v1.Event` without a sequence, which it gets in its block.
extension Proto.Event {
    init(_ event: AuditEvent) {
        self.init()
        firstUnixUs = event.unixMicroseconds ?? 0
        lastUnixUs = event.lastUnixMicroseconds ?? event.unixMicroseconds ?? 0
        actor = event.actor.identity
        actorUnverified = event.actor.isUnverified
        assertedActor = event.actor.asserted
        operation = event.operation
        table = event.table
        field = event.field
        keyVersion = event.keyVersion
        outcome = event.outcome
        cause = event.cause.description
        count = event.count
        hashKeyVersion = event.hashKeyVersion
        recordHashes = event.recordHashes.flatMap(\.bytes)
        requestIDs = event.requestID.isZero ? [] : event.requestID.bytes
        traceIDs = event.traceID.isZero ? [] : event.traceID.bytes
        outboxID = event.outboxID.isZero ? [] : event.outboxID.bytes
        object = event.object
        peer = event.actor.peer
        storeRevision = event.storeRevision
    }
}

extension AuditEvent {
    /// nil where an id has a wrong length or the cause is no word.
    init?(_ message: Proto.Event) {
        let ids = [message.requestIDs, message.traceIDs, message.outboxID].map { bytes in
            bytes.isEmpty ? EventIdentifier.zero : EventIdentifier(bytes)
        }
        guard let request = ids[0], let trace = ids[1], let outbox = ids[2], message.recordHashes.count % 16 == 0,
            let cause = message.cause.isEmpty ? AuditCause.none : AuditCause(message.cause)
        else { return nil }
        let actor = AuditActor(
            identity: message.actor, isUnverified: message.actorUnverified, asserted: message.assertedActor,
            peer: message.peer)
        self.init(actor: actor, operation: message.operation)
        table = message.table
        field = message.field
        keyVersion = message.keyVersion
        outcome = message.outcome
        self.cause = cause
        count = message.count
        hashKeyVersion = message.hashKeyVersion
        recordHashes = stride(from: 0, to: message.recordHashes.count, by: 16).compactMap {
            EventIdentifier(Array(message.recordHashes[$0..<($0 + 16)]))
        }
        requestID = request
        traceID = trace
        outboxID = outbox
        object = message.object
        storeRevision = message.storeRevision
        unixMicroseconds = message.firstUnixUs
        lastUnixMicroseconds = message.lastUnixUs
    }
}
