public import FieldsealMessages
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

    /// - Throws: where a hash has not 32 bytes or a path is longer than any tree's.
    public init(_ response: Proto.ProveBlocksResponse) throws {
        note = response.note
        leaves = try response.proofs.map { LeafProof(index: $0.index, path: try [TreeHash](path: $0.path)) }
    }
}

public struct LeafProof: Hashable, Sendable {
    public var index: UInt64
    public var path: [TreeHash]

    public init(index: UInt64, path: [TreeHash]) { (self.index, self.path) = (index, path) }
}

extension [TreeHash] {
    /// - Throws: where a hash has not 32 bytes or the path is longer than any tree's.
    init(path: [[UInt8]]) throws(LogDistrust) {
        guard path.count <= 2 * MerkleProof.maximumCount else { throw .malformed }
        self = []
        for bytes in path {
            guard let hash = TreeHash(bytes) else { throw .malformed }
            append(hash)
        }
    }
}
