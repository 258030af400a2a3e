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
        guard blocks.allSatisfy({ $0.producer.utf8.elementsEqual(peer.identity.utf8) }) else {
            throw AuditServiceError.foreignProducer
        }
        guard let epoch = blocks.first?.epoch, blocks.allSatisfy({ $0.epoch == epoch }) else {
            throw AuditServiceError.malformed
        }
        return Proto.AppendResponse(epoch: epoch, sequence: UInt64(bitPattern: try await log.append(blocks)))
    }

    func query(_ request: Proto.QueryRequest) async throws -> Proto.QueryResponse {
        let page = try await log.page(try EventFilter(request), try PageRequest(request))
        return Proto.QueryResponse(events: page.events, cursor: page.next?.bytes ?? [])
    }

    func status(_: Proto.AuditStatusRequest) async throws -> Proto.AuditStatusResponse { try await log.status() }
}
