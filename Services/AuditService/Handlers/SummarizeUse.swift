import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    /// Who used what, how often, and from when to when.
    func summarizeUse(
        _ request: Proto.SummarizeUseRequest, _ peer: RPCPeer
    ) async throws -> Proto.SummarizeUseResponse {
        let scope = scope(of: peer)
        var response = try await log.use(try UseRequest(request, within: scope))
        response.restrictedTo = scope.names
        return response
    }
}
