/// Why a proof does not hold.
public enum ProofError: Error, Hashable, Sendable {
    /// The tree has no such leaf, or the older tree is the larger one.
    case position
    /// More or fewer hashes than the sizes imply.
    case length
    /// It leads to another root.
    case root
}

/// Verification of proofs: RFC 9162, sections 2.1.3.2 and 2.1.4.2. Sizes and hashes come from whoever has to be checked.
public enum MerkleProof {
    /// The longest proof of any tree.
    public static let maximumCount = 64

    /// Checks that a leaf stands at `index` of the tree.
    public static func checkInclusion(
        of leaf: TreeHash, at index: UInt64, in size: UInt64, _ proof: [TreeHash], root: TreeHash
    ) throws(ProofError) {
        guard index < size else { throw .position }
        var (node, last, hash) = (index, size - 1, leaf)
        for sibling in proof {
            guard last > 0 else { throw .length }
            if node & 1 == 1 || node == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        guard last == 0 else { throw .length }
        guard hash == root else { throw .root }
    }

    /// Checks that the newer tree begins with the leaves of the older one, of which there is at least one: with an empty tree
    /// every tree begins, and nothing proves it.
    public static func checkConsistency(
        from older: UInt64, _ olderRoot: TreeHash, to newer: UInt64, _ newerRoot: TreeHash, _ proof: [TreeHash]
    ) throws(ProofError) {
        guard older > 0, older <= newer else { throw .position }
        if older == newer {
            guard proof.isEmpty else { throw .length }
            guard olderRoot == newerRoot else { throw .root }
            return
        }
        var (node, last) = (older - 1, newer - 1)
        while node & 1 == 1 { (node, last) = (node >> 1, last >> 1) }
        var rest = proof[...]
        // An older tree that is a complete subtree of the newer one is its own beginning.
        guard let first = node == 0 ? olderRoot : rest.popFirst() else { throw .length }
        var (olderHash, newerHash) = (first, first)
        for hash in rest {
            guard last > 0 else { throw .length }
            if node & 1 == 1 || node == last {
                olderHash = MerkleTree.nodeHash(hash, olderHash)
                newerHash = MerkleTree.nodeHash(hash, newerHash)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                newerHash = MerkleTree.nodeHash(newerHash, hash)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        guard last == 0 else { throw .length }
        guard olderHash == olderRoot, newerHash == newerRoot else { throw .root }
    }
}
