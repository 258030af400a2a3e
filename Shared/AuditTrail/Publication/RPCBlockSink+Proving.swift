internal import FieldsealMessages
public import FieldsealTransparencyLog

extension RPCBlockSink: BlockProver {
    public func proveBlocks(epoch: EventIdentifier, from first: UInt64, count: Int) async throws -> BlockProofs {
        let response: Proto.ProveBlocksResponse = try await call(
            "ProveBlocks",
            Proto.ProveBlocksRequest(epoch: epoch.bytes, firstSequence: first, count: UInt32(clamping: count)))
        return BlockProofs(
            note: response.note,
            leaves: try response.proofs.map { LeafProof(index: $0.index, path: try Self.hashes($0.path)) })
    }

    public func proveConsistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash] {
        let response: Proto.ProveConsistencyResponse = try await call(
            "ProveConsistency", Proto.ProveConsistencyRequest(fromSize: older, toSize: newer))
        return try Self.hashes(response.path)
    }

    private static func hashes(_ path: [[UInt8]]) throws -> [TreeHash] {
        guard path.count <= 2 * MerkleProof.maximumCount else { throw LogDistrust.malformed }
        return try path.map { bytes in
            guard let hash = TreeHash(bytes) else { throw LogDistrust.malformed }
            return hash
        }
    }
}
