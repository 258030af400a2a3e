internal import FieldsealTransparencyLog

/// Makes the blocks of one epoch, each chained to the one before. A value: a copy taken before is the way back.
struct BlockBuilder {
    struct Block {
        let sequence: UInt64
        let bytes: [UInt8]
        let hash: TreeHash
    }

    let producer: String
    let epoch: EventIdentifier
    private(set) var nextSequence: UInt64 = 1
    private var nextEvent: UInt64 = 1
    private var previous = TreeHash.zero

    init(producer: String, epoch: EventIdentifier) {
        self.producer = producer
        self.epoch = epoch
    }

    /// The events of all batches, folded, in as few blocks as hold them. `dropped` goes into the first.
    mutating func blocks(of batches: [EventBatch], dropped: UInt64) -> [Block] {
        var blocks: [Block] = []
        var events = ProtobufWriter()
        var event = ProtobufWriter()
        var tree = MerkleFrontier()
        // Producer, epoch, sequence, hash, root and count of the dropped, each with tag and length.
        let room = BlockLimits.bytes - producer.utf8.count - 128
        for group in FoldGroup.groups(of: batches) {
            event.removeAll()
            event.event(sequence: nextEvent, group, of: batches)
            if tree.size == BlockLimits.events || (tree.size > 0 && events.bytes.count + event.bytes.count + 5 > room) {
                blocks.append(seal(events.bytes, root: tree.root, dropped: blocks.isEmpty ? dropped : 0))
                events.removeAll()
                tree.removeAll()
            }
            nextEvent += 1
            events.length(6, event.bytes.count)
            events.append(event.bytes)
            tree.append(MerkleTree.leafHash(of: event.bytes))
        }
        if tree.size > 0 { blocks.append(seal(events.bytes, root: tree.root, dropped: blocks.isEmpty ? dropped : 0)) }
        return blocks
    }

    private mutating func seal(_ events: [UInt8], root: TreeHash, dropped: UInt64) -> Block {
        var block = ProtobufWriter()
        block.string(1, producer)
        block.data(2, epoch.bytes)
        block.varint(3, nextSequence)
        block.data(4, previous.bytes)
        block.data(5, root.bytes)
        block.append(events)
        block.varint(7, dropped)
        let hash = TreeHash(sha256: block.bytes)
        defer {
            previous = hash
            nextSequence += 1
        }
        return Block(sequence: nextSequence, bytes: block.bytes, hash: hash)
    }
}
