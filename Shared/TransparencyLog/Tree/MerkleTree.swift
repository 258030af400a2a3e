/// The Merkle tree of RFC 6962, section 2.1 (unchanged in RFC 9162), over SHA-256.
public enum MerkleTree {
    /// The root of a tree without entries: the hash of nothing.
    public static let emptyRoot = TreeHash(sha256: [])

    /// SHA-256 of 0x00 and the entry.
    public static func leafHash(of entry: UnsafeRawBufferPointer) -> TreeHash {
        TreeHash(prefix: 0x00, sha256Of: [entry])
    }

    /// SHA-256 of 0x00 and the entry.
    public static func leafHash(of entry: [UInt8]) -> TreeHash {
        entry.withUnsafeBytes { leafHash(of: $0) }
    }

    /// SHA-256 of 0x01 and both children.
    public static func nodeHash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in TreeHash(prefix: 0x01, sha256Of: [left, right]) }
        }
    }

    /// The root over leaf hashes in their order.
    public static func root(of leaves: some Sequence<TreeHash>) -> TreeHash {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }
}
