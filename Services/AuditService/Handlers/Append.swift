import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

extension AuditRPC {
    static let maximumBlocks = 64

    /// Stores blocks of the peer's own; those of one call belong to one epoch.
    func append(_ request: Proto.AppendRequest, _ peer: RPCPeer) async throws -> Proto.AppendResponse {
        guard (1...Self.maximumBlocks).contains(request.blocks.count) else { throw AuditServiceError.malformed }
        var blocks: [ReceivedBlock] = []
        for block in request.blocks { blocks.append(try ReceivedBlock(block.block, signature: block.signature)) }
        // A log says of itself what it takes the place of.
        guard !blocks.contains(where: { $0.events.contains { $0.event.operation == .reorigin } }) else {
            throw AuditServiceError.malformedBlock
        }
        guard blocks.allSatisfy({ $0.producer.utf8.elementsEqual(peer.identity.utf8) }) else {
            throw AuditServiceError.foreignProducer
        }
        guard let epoch = blocks.first?.epoch, blocks.allSatisfy({ $0.epoch == epoch }) else {
            throw AuditServiceError.malformed
        }
        let appended = try await log.append(blocks)
        if let finding = appended.finding {
            logger.error(
                "a producer's chain is broken",
                metadata: [
                    "finding": "\(finding.kind.rawValue)", "producer": "\(finding.producer)",
                    "block": "\(finding.sequence)", "stored": "\(appended.sequence)",
                ])
            throw AuditServiceError.refused(finding.kind)
        }
        return Proto.AppendResponse(epoch: epoch, sequence: UInt64(bitPattern: appended.sequence))
    }
}
