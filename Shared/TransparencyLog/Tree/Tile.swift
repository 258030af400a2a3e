/// 256 neighbouring hashes of a tree (C2SP tlog-tiles): at level 0 those of leaves, at every other level the roots of complete
/// tiles of the level below. The hashes of every proof follow from a few of them.
public struct Tile: Hashable, Sendable {
    public static let width: UInt64 = 256
    /// Of a tile's tree.
    static let height = 8

    public let level: Int
    /// Within the level, from 0.
    public let index: UInt64

    public init(level: Int, index: UInt64) { (self.level, self.index) = (level, index) }

    /// How many of its hashes a tree of this size has.
    public func count(in size: UInt64) -> Int {
        let hashes = size >> UInt64(Self.height * level)
        let (first, overflow) = index.multipliedReportingOverflow(by: Self.width)
        guard !overflow, hashes > first else { return 0 }
        return Int(min(hashes - first, Self.width))
    }

    public func isComplete(in size: UInt64) -> Bool { count(in: size) == Int(Self.width) }
}

/// Tiles of a tree, as far as the tree goes.
public struct TileHashes: Sendable {
    private var tiles: [Tile: [TreeHash]] = [:]

    public init() {}

    public subscript(tile: Tile) -> [TreeHash]? {
        get { tiles[tile] }
        set { tiles[tile] = newValue }
    }

    /// The tiles that hold the hashes of these subtrees.
    public static func tiles(of subtrees: some Sequence<Subtree>) -> Set<Tile> {
        Set(subtrees.flatMap(\.completeParts).map { $0.place.tile })
    }

    /// The hash of a subtree; nil where a tile that it needs is missing or too short.
    public func hash(of subtree: Subtree) -> TreeHash? {
        var hash: TreeHash?
        for part in subtree.completeParts.reversed() {
            let (tile, hashes) = part.place
            guard let held = tiles[tile], hashes.upperBound <= held.count else { return nil }
            let left = MerkleTree.root(of: held[hashes])
            hash = hash.map { MerkleTree.nodeHash(left, $0) } ?? left
        }
        return hash
    }
}

extension Subtree {
    /// The complete subtrees it consists of, the largest first: one for each binary digit of its leaves.
    fileprivate var completeParts: [Subtree] {
        var parts: [Subtree] = []
        var begin = begin
        while begin < end {
            let count = UInt64(1) << UInt64(UInt64.bitWidth - 1 - (end - begin).leadingZeroBitCount)
            parts.append(Subtree(begin, begin + count))
            begin += count
        }
        return parts
    }

    /// Where the hashes under a complete subtree stand that are nearest to its root.
    fileprivate var place: (tile: Tile, hashes: Range<Int>) {
        let level = count.trailingZeroBitCount / Tile.height
        let (first, count) = (begin >> UInt64(Tile.height * level), count >> UInt64(Tile.height * level))
        let offset = Int(first % Tile.width)
        return (Tile(level: level, index: first / Tile.width), offset..<offset + Int(count))
    }
}
