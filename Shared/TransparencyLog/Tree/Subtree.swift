/// The leaves `begin..<end` of a tree whose hash stands in a proof: the largest complete subtree there, or what is left of
/// the tree's right edge.
public struct Subtree: Hashable, Sendable {
    public let begin: UInt64
    public let end: UInt64

    public init(_ begin: UInt64, _ end: UInt64) { (self.begin, self.end) = (begin, end) }

    public var count: UInt64 { end - begin }

    /// Where RFC 6962 splits the subtree: after the largest power of two that is less than its leaves.
    /// - Precondition: at least two leaves.
    var split: UInt64 {
        precondition(count > 1)
        return begin + 1 << UInt64(UInt64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

/// The hashes that proofs consist of.
public enum ProofPath {
    /// The inclusion proof of RFC 6962, section 2.1.1, from the leaf's sibling up; nil where the tree has no such leaf.
    public static func inclusion(of index: UInt64, in size: UInt64) -> [Subtree]? {
        guard index < size else { return nil }
        var path: [Subtree] = []
        var tree = Subtree(0, size)
        while tree.count > 1 {
            let split = tree.split
            if index < split {
                path.append(Subtree(split, tree.end))
                tree = Subtree(tree.begin, split)
            } else {
                path.append(Subtree(tree.begin, split))
                tree = Subtree(split, tree.end)
            }
        }
        return path.reversed()
    }

    /// The consistency proof of RFC 6962, section 2.1.2; nil where the older tree is the larger one. Of an empty tree, and
    /// of two of equal size, it is empty.
    public static func consistency(from older: UInt64, to newer: UInt64) -> [Subtree]? {
        guard older <= newer else { return nil }
        guard older > 0, older < newer else { return [] }
        var path: [Subtree] = []
        var tree = Subtree(0, newer)
        var isRoot = true
        while older != tree.end {
            let split = tree.split
            if older <= split {
                path.append(Subtree(split, tree.end))
                tree = Subtree(tree.begin, split)
            } else {
                path.append(Subtree(tree.begin, split))
                tree = Subtree(split, tree.end)
                isRoot = false
            }
        }
        if !isRoot { path.append(tree) }
        return path.reversed()
    }
}

extension MerkleTree {
    /// The hash of a subtree over leaf hashes.
    public static func hash(of subtree: Subtree, leaves: [TreeHash]) -> TreeHash {
        root(of: leaves[Int(subtree.begin)..<Int(subtree.end)])
    }
}
