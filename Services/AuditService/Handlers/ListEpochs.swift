import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    func listEpochs(_ request: Proto.ListEpochsRequest, _ peer: RPCPeer) async throws -> Proto.ListEpochsResponse {
        try requireEverything(peer)
        guard request.fromUnixUs >= 0, request.untilUnixUs >= 0 else { throw AuditServiceError.filter }
        return try await log.epochs(
            from: request.fromUnixUs, until: request.untilUnixUs == 0 ? .max : request.untilUnixUs)
    }
}
