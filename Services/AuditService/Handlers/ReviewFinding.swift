import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    /// Signs a finding off in the peer's name.
    func reviewFinding(
        _ request: Proto.ReviewFindingRequest, _ peer: RPCPeer
    ) async throws -> Proto.ReviewFindingResponse {
        try await log.review(try FindingReview(request), by: peer.identity)
        return Proto.ReviewFindingResponse()
    }
}
