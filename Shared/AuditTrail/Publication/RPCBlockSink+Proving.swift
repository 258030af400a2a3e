internal import FieldsealMessages
public import FieldsealTransparencyLog

extension RPCBlockSink: BlockProver {
    public func proveBlocks(epoch: EventIdentifier, from first: UInt64, count: Int) async throws -> BlockProofs {
        let response: Proto.ProveBlocksResponse = try await call(
            "ProveBlocks",
            Proto.ProveBlocksRequest(epoch: epoch.bytes, firstSequence: first, count: UInt32(clamping: count)))
        return try BlockProofs(response)
    }

    public func proveConsistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash] {
        let response: Proto.ProveConsistencyResponse = try await call(
            "ProveConsistency", Proto.ProveConsistencyRequest(fromSize: older, toSize: newer))
        return try [TreeHash](path: response.path)
    }
}
