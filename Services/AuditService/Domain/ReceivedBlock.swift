import FieldsealMessages
import FieldsealTransparencyLog

/// A producer's block whose form and root have been checked.
struct ReceivedBlock: Sendable {
    static let maximumEvents = 4_096
    static let maximumBytes = 256 << 10
    static let maximumSignature = 512

    let producer: String
    let epoch: [UInt8]
    let sequence: Int64
    let previous: TreeHash
    let hash: TreeHash
    let dropped: Int64
    let events: [ReceivedEvent]
    /// The encoding as it was sent: what is hashed and stored.
    let bytes: [UInt8]
    let signature: [UInt8]
    /// Of the log's tree.
    let leafHash: TreeHash

    /// - Throws: `malformedBlock`, `badRoot`.
    init(_ bytes: [UInt8], signature: [UInt8]) throws(AuditServiceError) {
        guard bytes.count <= Self.maximumBytes, signature.count <= Self.maximumSignature,
            let block = try? Proto.Block(decoding: bytes, limit: 16 << 20)
        else { throw .malformedBlock }
        guard !block.producer.isEmpty, block.producer.isStorable(ReceivedEvent.maximumText), block.epoch.count == 16,
            let sequence = Int64(exactly: block.sequence), sequence > 0, let dropped = Int64(exactly: block.dropped),
            let previous = TreeHash(block.previous), let root = TreeHash(block.root),
            (1...Self.maximumEvents).contains(block.events.count)
        else { throw .malformedBlock }
        var tree = MerkleFrontier()
        var events: [ReceivedEvent] = []
        events.reserveCapacity(block.events.count)
        for event in block.events {
            tree.append(MerkleTree.leafHash(of: event))
            events.append(try ReceivedEvent(event))
        }
        guard tree.root == root else { throw .badRoot }
        producer = block.producer
        epoch = block.epoch
        self.sequence = sequence
        self.previous = previous
        hash = TreeHash(sha256: bytes)
        self.dropped = dropped
        self.events = events
        self.bytes = bytes
        self.signature = signature
        leafHash = LogLeaf(block: bytes, signature: signature).hash
    }
}

/// One event of a block, and its encoding.
struct ReceivedEvent: Sendable {
    static let maximumText = 2_048
    /// Two names and an index of 8 bytes fit into an entry of PostgreSQL's B-tree, which holds 2,704 bytes.
    static let maximumName = 1_024

    let sequence: Int64
    let event: Proto.Event
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws(AuditServiceError) {
        guard let event = try? Proto.Event(decoding: bytes), let sequence = Int64(exactly: event.sequence), sequence > 0
        else { throw .malformedBlock }
        let texts = [event.actor, event.assertedActor, event.cause, event.object, event.peer]
        guard texts.allSatisfy({ $0.isStorable(Self.maximumText) }), event.table.isStorable(Self.maximumName),
            event.field.isStorable(Self.maximumName), event.lastUnixUs >= event.firstUnixUs,
            (0...16).contains(event.outcome)
        else { throw .malformedBlock }
        let identifiers = [event.recordHashes, event.requestIDs, event.traceIDs]
        guard identifiers.allSatisfy({ $0.count % 16 == 0 }), [0, 16].contains(event.outboxID.count) else {
            throw .malformedBlock
        }
        guard
            event.epochKey.isEmpty
                || (event.operation == .epochOpen && event.epochKey.count == BlockSignature.keyByteCount)
        else { throw .malformedBlock }
        guard event.statement.isEmpty || event.operation == .reorigin,
            event.statement.count <= SignedNote.maximumCount
        else { throw .malformedBlock }
        guard
            event.witnessed.map({ event.operation == .witnessEpoch && $0.isWellFormed })
                ?? (event.operation != .witnessEpoch)
        else { throw .malformedBlock }
        self.sequence = sequence
        self.event = event
        self.bytes = bytes
    }
}

extension String {
    /// PostgreSQL's texts hold no NUL.
    fileprivate func isStorable(_ maximum: Int) -> Bool { utf8.count <= maximum && !utf8.contains(0) }
}
