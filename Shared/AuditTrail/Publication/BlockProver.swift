public import FieldsealTransparencyLog

/// Whoever shows where blocks stand in the log: the audit service.
public protocol BlockProver: Sendable {
    /// Proofs for blocks of an epoch of the caller's, as far as a published checkpoint holds them.
    func proveBlocks(epoch: EventIdentifier, from first: UInt64, count: Int) async throws -> BlockProofs
    /// That the tree of the larger size begins with that of the smaller.
    func proveConsistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash]
}

/// An answer of a log, of which nothing is believed yet.
public struct BlockProofs: Sendable {
    /// An encoded checkpoint; empty: none has been published.
    public var note: [UInt8]
    /// One for each block from the first on.
    public var leaves: [LeafProof]

    public init(note: [UInt8], leaves: [LeafProof]) { (self.note, self.leaves) = (note, leaves) }
}

public struct LeafProof: Hashable, Sendable {
    public var index: UInt64
    public var path: [TreeHash]

    public init(index: UInt64, path: [TreeHash]) { (self.index, self.path) = (index, path) }
}
