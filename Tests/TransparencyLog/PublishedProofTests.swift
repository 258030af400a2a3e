import FieldsealTransparencyLog
import Foundation
import Testing

/// Where published vectors are, if anywhere.
private enum Vectors {
    static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["FIELDSEAL_VECTORS"] { return URL(filePath: path) }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = root.appending(path: "../shared/vectors").standardizedFileURL
        return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }()
}

/// transparency-dev/merkle's proofs, good and bad.
@Suite(.enabled(if: Vectors.folder != nil, "FIELDSEAL_VECTORS names no folder and ../shared/vectors is missing"))
struct PublishedProofTests {
    private struct Inclusion: Decodable {
        let name: String
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: Data
        let leafHash: Data
        let proof: [Data]?
        let wantErr: Bool
    }

    private struct Consistency: Decodable {
        let name: String
        let size1: UInt64
        let size2: UInt64
        let root1: Data
        let root2: Data
        let proof: [Data]?
        let wantErr: Bool
    }

    private static func read<Case: Decodable>(_ name: String) throws -> [Case] {
        let folder = try #require(Vectors.folder)
        return try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: folder.appending(path: "merkle/\(name).json")))
    }

    private static func hash(_ data: Data) throws -> TreeHash {
        guard let hash = TreeHash(Array(data)) else { throw ProofError.length }
        return hash
    }

    /// A root that is no hash there stands for some hash.
    private static func root(_ data: Data) -> TreeHash {
        TreeHash(Array(data)) ?? TreeHash(sha256: Array(data) + [0])
    }

    @Test func inclusion() throws {
        let cases: [Inclusion] = try Self.read("inclusion")
        #expect(cases.count == 98)
        for vector in cases {
            let holds = Result {
                try MerkleProof.checkInclusion(
                    of: try Self.hash(vector.leafHash), at: vector.leafIdx, in: vector.treeSize,
                    try (vector.proof ?? []).map(Self.hash), root: Self.root(vector.root))
            }.isSuccess
            #expect(holds != vector.wantErr, "\(vector.name)")
        }
    }

    @Test func consistency() throws {
        let cases: [Consistency] = try Self.read("consistency")
        #expect(cases.count == 98)
        for vector in cases {
            let holds = Result {
                try MerkleProof.checkConsistency(
                    from: vector.size1, Self.root(vector.root1), to: vector.size2, Self.root(vector.root2),
                    try (vector.proof ?? []).map(Self.hash))
            }.isSuccess
            #expect(holds != vector.wantErr, "\(vector.name)")
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { return true }
        return false
    }
}
