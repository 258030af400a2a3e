import FieldsealTransparencyLog
import Testing

@Suite struct MerkleProofTests {
    private static let leaves = (0..<130).map { MerkleTree.leafHash(of: [UInt8($0)]) }
    private static let roots = (0...130).map { MerkleTree.root(of: leaves.prefix($0)) }

    private static func hashes(_ path: [Subtree]) -> [TreeHash] {
        path.map { MerkleTree.hash(of: $0, leaves: leaves) }
    }

    @Test func everyLeafOfEveryTreeIsProven() throws {
        for size in 1...130 {
            for index in 0..<size {
                let proof = Self.hashes(try #require(ProofPath.inclusion(of: UInt64(index), in: UInt64(size))))
                try MerkleProof.checkInclusion(
                    of: Self.leaves[index], at: UInt64(index), in: UInt64(size), proof, root: Self.roots[size])
                let other = Self.leaves[(index + 1) % 130]
                #expect(throws: ProofError.root) {
                    try MerkleProof.checkInclusion(
                        of: other, at: UInt64(index), in: UInt64(size), proof, root: Self.roots[size])
                }
            }
        }
        #expect(ProofPath.inclusion(of: 7, in: 7) == nil)
    }

    @Test func everyTreeIsConsistentWithEveryOneThatItGrewFrom() throws {
        for newer in 1...130 {
            for older in 1...newer {
                let path = try #require(ProofPath.consistency(from: UInt64(older), to: UInt64(newer)))
                let proof = Self.hashes(path)
                func check(_ olderRoot: TreeHash) throws {
                    try MerkleProof.checkConsistency(
                        from: UInt64(older), olderRoot, to: UInt64(newer), Self.roots[newer], proof)
                }
                try check(Self.roots[older])
                #expect(throws: ProofError.root) { try check(.zero) }
            }
        }
        #expect(ProofPath.consistency(from: 8, to: 7) == nil && ProofPath.consistency(from: 0, to: 7) == [])
        #expect(throws: ProofError.position) {
            try MerkleProof.checkConsistency(from: 0, MerkleTree.emptyRoot, to: 1, Self.roots[1], [])
        }
    }

    @Test func aProofThatWasAlteredDoesNotHold() throws {
        for size in [2, 3, 7, 8, 13, 64, 100] as [UInt64] {
            for index in 0..<size {
                let proof = Self.hashes(try #require(ProofPath.inclusion(of: index, in: size)))
                let longer = proof + [.zero]
                var flipped = proof
                flipped[0] = .zero
                for altered in [longer, Array(proof.dropLast()), Array(proof.dropFirst()), flipped] {
                    #expect(throws: ProofError.self) {
                        try MerkleProof.checkInclusion(
                            of: Self.leaves[Int(index)], at: index, in: size, altered, root: Self.roots[Int(size)])
                    }
                }
            }
        }
    }

    @Test func sizesAtTheEndOfNumbersAreNoTrap() throws {
        let path = try #require(ProofPath.inclusion(of: .max - 1, in: .max))
        #expect(path.count <= MerkleProof.maximumCount && !path.isEmpty)
        let proof = [TreeHash](repeating: .zero, count: path.count)
        #expect(throws: ProofError.root) {
            try MerkleProof.checkInclusion(of: .zero, at: .max - 1, in: .max, proof, root: .zero)
        }
        for count in 0...70 {
            #expect(throws: ProofError.self) {
                try MerkleProof.checkConsistency(
                    from: .max - 1, .zero, to: .max, .zero, [TreeHash](repeating: .zero, count: count))
            }
        }
        #expect(ProofPath.consistency(from: .max - 1, to: .max)?.isEmpty == false)
    }
}
