import FieldsealMessages
import FieldsealRPCTransport
import FieldsealTransparencyLog

extension AuditRPC {
    private static let maximumProofs: UInt32 = 256

    /// Of the peer's own blocks only.
    func proveBlocks(_ request: Proto.ProveBlocksRequest, _ peer: RPCPeer) async throws -> Proto.ProveBlocksResponse {
        guard request.epoch.count == 16, let first = Int64(exactly: request.firstSequence), first > 0,
            first < .max - Int64(Self.maximumProofs), (1...Self.maximumProofs).contains(request.count)
        else { throw AuditServiceError.range }
        return try await publication.proof(
            ofBlocks: first, count: Int(request.count), epoch: request.epoch, producer: peer.identity)
    }

    func proveConsistency(_ request: Proto.ProveConsistencyRequest) async throws -> Proto.ProveConsistencyResponse {
        let published = try await publication.checkpoint().checkpoint.size
        guard request.fromSize <= request.toSize, request.toSize <= published else { throw AuditServiceError.range }
        let path = try await log.consistency(from: request.fromSize, to: request.toSize)
        return Proto.ProveConsistencyResponse(path: path.map(\.bytes))
    }

    func proveEvent(_ request: Proto.ProveEventRequest, _ peer: RPCPeer) async throws -> Proto.ProveEventResponse {
        try requireEverything(peer)
        guard let index = Int64(exactly: request.index), index > 0 else { throw AuditServiceError.range }
        let published = try await publication.checkpoint()
        guard let found = try await log.leaf(ofEvent: index) else {
            throw try await log.archivedEvents() >= index ? AuditServiceError.archived : .unknownEvent
        }
        guard found.index < published.checkpoint.size else { throw AuditServiceError.unpublished }
        let proofs = try await log.inclusion(of: [found.index], in: published.checkpoint.size)
        return Proto.ProveEventResponse(
            note: published.note.encoded, proof: proofs.first, leaf: found.leaf.bytes, event: found.event)
    }
}

extension Publication {
    /// Where blocks of an epoch stand in the newest published tree, from the first sequence on as far as there is no gap.
    func proof(
        ofBlocks first: Int64, count: Int, epoch: [UInt8], producer: String
    ) async throws -> Proto.ProveBlocksResponse {
        let published = try await checkpoint()
        let size = published.checkpoint.size
        let leaves = try await log.leaves(of: producer, epoch: epoch, from: first, count: count, in: size)
        return Proto.ProveBlocksResponse(
            note: published.note.encoded, proofs: try await log.inclusion(of: leaves, in: size))
    }
}
