internal import FieldsealMessages
internal import FieldsealTransparencyLog

/// A leaf's block, decoded once.
struct ReadBlock {
    struct Event {
        let event: Proto.Event
        let bytes: [UInt8]
    }

    let block: Proto.Block
    /// The encoded block.
    let bytes: [UInt8]
    let signature: [UInt8]
    /// Of the encoded block.
    let hash: TreeHash
    let events: [Event]
    /// Whether the events have the root that the block states.
    let hasItsRoot: Bool

    /// Nil where the bytes are no canonical `SignedBlock`, or hold something that is no block or no event.
    init?(leaf: [UInt8]) {
        guard let signed = try? Proto.SignedBlock(decoding: leaf, limit: 1 << 20), signed.encoded() == leaf,
            let block = try? Proto.Block(decoding: signed.block, limit: 16 << 20)
        else { return nil }
        var tree = MerkleFrontier()
        var events: [Event] = []
        events.reserveCapacity(block.events.count)
        for bytes in block.events {
            guard let event = try? Proto.Event(decoding: bytes) else { return nil }
            events.append(Event(event: event, bytes: bytes))
            tree.append(MerkleTree.leafHash(of: bytes))
        }
        (self.block, self.events) = (block, events)
        (bytes, signature, hash) = (signed.block, signed.signature, TreeHash(sha256: signed.block))
        hasItsRoot = tree.root.bytes == block.root
    }
}
