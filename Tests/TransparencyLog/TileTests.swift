import FieldsealTransparencyLog
import Testing

@Suite struct TileTests {
    private static let leaves = (0..<70_000).map { number in
        TreeHash(sha256: withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) })
    }

    /// All hashes of a level that a tree of this size has.
    private func level(_ level: Int, _ size: Int) -> [TreeHash] {
        var hashes = Array(Self.leaves[..<size])
        for _ in 0..<level {
            hashes = stride(from: 0, to: hashes.count - hashes.count % 256, by: 256).map {
                MerkleTree.root(of: hashes[$0..<$0 + 256])
            }
        }
        return hashes
    }

    private func hashes(of paths: [[Subtree]], in size: Int) throws -> [[TreeHash]] {
        var tiles = TileHashes()
        let levels = (0..<3).map { level($0, size) }
        for tile in TileHashes.tiles(of: paths.joined()) {
            let first = Int(tile.index * Tile.width)
            tiles[tile] = Array(levels[tile.level][first..<first + tile.count(in: UInt64(size))])
        }
        return try paths.map { try $0.map { try #require(tiles.hash(of: $0)) } }
    }

    @Test func proofsFromTilesAreThoseOfTheTree() throws {
        for size in Array(1...600) + [65_535, 65_536, 65_537, 70_000] {
            let leaves = Array(Self.leaves[..<size])
            let indexes = [0, UInt64(size - 1)] + (0..<4).map { _ in UInt64.random(in: 0..<UInt64(size)) }
            let paths = indexes.compactMap { ProofPath.inclusion(of: $0, in: UInt64(size)) }
            let root = MerkleTree.root(of: leaves)
            for (index, proof) in zip(indexes, try hashes(of: paths, in: size)) {
                try MerkleProof.checkInclusion(
                    of: leaves[Int(index)], at: index, in: UInt64(size), proof, root: root)
            }
            let older = UInt64.random(in: 1...UInt64(size))
            let path = try #require(ProofPath.consistency(from: older, to: UInt64(size)))
            try MerkleProof.checkConsistency(
                from: older, MerkleTree.root(of: leaves[..<Int(older)]), to: UInt64(size), root,
                try hashes(of: [path], in: size)[0])
        }
    }

    @Test func aTileKnowsHowFarATreeFillsIt() {
        #expect(Tile(level: 0, index: 0).count(in: 255) == 255)
        #expect(Tile(level: 0, index: 0).isComplete(in: 256))
        #expect(Tile(level: 0, index: 1).count(in: 256) == 0)
        #expect(Tile(level: 1, index: 0).count(in: 70_000) == 256)
        #expect(Tile(level: 1, index: 1).count(in: 70_000) == 17)
        #expect(Tile(level: 9, index: .max).count(in: .max) == 0)
    }

    @Test func aMissingTileIsNoHash() {
        #expect(TileHashes().hash(of: Subtree(0, 4)) == nil)
        var tiles = TileHashes()
        tiles[Tile(level: 0, index: 0)] = Array(Self.leaves[..<3])
        #expect(tiles.hash(of: Subtree(0, 4)) == nil && tiles.hash(of: Subtree(0, 3)) != nil)
    }

    @Test func aFrontierGoesOnFromItsPeaks() {
        var frontier = MerkleFrontier()
        for (number, leaf) in Self.leaves.prefix(300).enumerated() {
            var copy = MerkleFrontier(size: UInt64(number), peaks: frontier.peaks)
            copy?.append(leaf)
            frontier.append(leaf)
            #expect(copy == frontier)
        }
        #expect(MerkleFrontier(size: 3, peaks: [.zero]) == nil)
    }
}
