/// The right edge of a growing tree: enough to add leaves and to know the root, in memory logarithmic in its size.
public struct MerkleFrontier: Hashable, Sendable {
    /// The number of leaves.
    public private(set) var size: UInt64 = 0
    /// The roots of the complete subtrees that the size's binary digits stand for, the largest first.
    public private(set) var peaks: [TreeHash] = []

    public init() {}

    /// A frontier as it was; nil where there are more or fewer peaks than the size has ones.
    public init?(size: UInt64, peaks: [TreeHash]) {
        guard peaks.count == size.nonzeroBitCount else { return nil }
        (self.size, self.peaks) = (size, peaks)
    }

    /// Adds a leaf by its hash.
    public mutating func append(_ leaf: TreeHash) {
        var node = leaf
        var remaining = size
        while remaining & 1 == 1, let left = peaks.popLast() {
            node = MerkleTree.nodeHash(left, node)
            remaining >>= 1
        }
        peaks.append(node)
        size += 1
    }

    /// Forgets all leaves.
    public mutating func removeAll() {
        size = 0
        peaks.removeAll(keepingCapacity: true)
    }

    public var root: TreeHash {
        guard var node = peaks.last else { return MerkleTree.emptyRoot }
        for left in peaks.dropLast().reversed() { node = MerkleTree.nodeHash(left, node) }
        return node
    }
}
