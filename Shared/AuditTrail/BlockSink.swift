/// A block as the spool keeps it and the audit service stores it.
public struct SpooledBlock: Hashable, Sendable {
    public let epoch: EventIdentifier
    /// Within the epoch, from 1.
    public let sequence: UInt64
    /// The encoded `fieldseal.v1.Block`.
    public let block: [UInt8]
    /// Empty: blocks are not signed yet.
    public let signature: [UInt8]
}

/// Where blocks go: the audit service, or, for the audit service's own events, its store.
public protocol BlockSink: Sendable {
    /// Stores blocks of one epoch of one producer, rising without gap, at most 64 and 2 MiB.
    ///
    /// Answers the sequence of the epoch's last block that is durable, which may be less than what was sent. A block that
    /// is stored already counts as stored. The caller sends again after an error, and whatever was not acknowledged.
    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64
}
