internal import FieldsealMessages
internal import FieldsealTransparencyLog

/// A block as the spool keeps it and the audit service stores it.
public struct SpooledBlock: Hashable, Sendable {
    public let epoch: EventIdentifier
    /// Within the epoch, from 1.
    public let sequence: UInt64
    /// The encoded `fieldseal.v1.Block`.
    public let block: [UInt8]
    /// By the epoch's key, over the block. Empty in spools from before blocks were signed.
    public let signature: [UInt8]
}

extension SpooledBlock {
    /// Of the log: the hash of the encoded `SignedBlock`.
    var leafHash: TreeHash {
        MerkleTree.leafHash(of: Proto.SignedBlock(block: block, signature: signature).encoded())
    }

    /// The time of its first event; nil where the bytes are no block.
    var unixMicroseconds: Int64? {
        guard let block = try? Proto.Block(decoding: block, limit: 16 << 20), let event = block.events.first else {
            return nil
        }
        return try? Proto.Event(decoding: event).firstUnixUs
    }
}

/// Where blocks go: the audit service, or, for the audit service's own events, its store.
public protocol BlockSink: Sendable {
    /// Stores blocks of one epoch of one producer, rising without gap, at most 64 and 2 MiB.
    ///
    /// Answers the sequence of the epoch's last block that is durable, which may be less than what was sent. A block that
    /// is stored already counts as stored. The caller sends again after an error, and whatever was not acknowledged.
    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64
}
