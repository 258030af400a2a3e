import FieldsealTransparencyLog
import Testing

/// The entries and roots of Certificate Transparency's reference tests (RFC 6962, google/certificate-transparency).
struct MerkleTreeTests {
    static let entries: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], Array(0x50...0x57),
        Array(0x60...0x6f),
    ]

    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test("roots of the reference trees", arguments: 0...8)
    func referenceRoot(size: Int) {
        let leaves = Self.entries.prefix(size).map { MerkleTree.leafHash(of: $0) }
        #expect(MerkleTree.root(of: leaves).description == Self.roots[size])
    }

    @Test("a leaf and a node with the same bytes differ")
    func domainsAreSeparate() {
        let left = MerkleTree.leafHash(of: [1])
        let right = MerkleTree.leafHash(of: [2])
        #expect(MerkleTree.nodeHash(left, right) != MerkleTree.leafHash(of: left.bytes + right.bytes))
        #expect(MerkleTree.nodeHash(left, right) != MerkleTree.nodeHash(right, left))
        #expect(TreeHash(sha256: [1] + left.bytes + right.bytes) == MerkleTree.nodeHash(left, right))
        #expect(TreeHash(sha256: [0, 1]) == left)
    }

    @Test("the frontier agrees with the recursive definition at every size")
    func recursiveDefinition() {
        let leaves = (0..<200).map { MerkleTree.leafHash(of: [UInt8($0)]) }
        var frontier = MerkleFrontier()
        for size in leaves.indices {
            #expect(frontier.size == UInt64(size))
            #expect(frontier.root == Self.root(leaves[..<size]))
            frontier.append(leaves[size])
        }
        frontier.removeAll()
        #expect(frontier == MerkleFrontier())
    }

    @Test("a hash has 32 bytes")
    func hashLength() {
        let bytes = Array(UInt8(0)..<32)
        #expect(TreeHash(bytes)?.bytes == bytes)
        #expect(TreeHash(Array(bytes.dropLast())) == nil)
        #expect(TreeHash(bytes + [0]) == nil)
        #expect(TreeHash.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    /// RFC 6962, section 2.1, word by word.
    private static func root(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
        guard let first = leaves.first else { return TreeHash(sha256: []) }
        guard leaves.count > 1 else { return first }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return MerkleTree.nodeHash(
            root(leaves[..<(leaves.startIndex + split)]), root(leaves[(leaves.startIndex + split)...]))
    }
}
