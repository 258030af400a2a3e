import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    func placeHold(_ request: Proto.PlaceHoldRequest, _ peer: RPCPeer) async throws -> Proto.PlaceHoldResponse {
        Proto.PlaceHoldResponse(archived: try await log.place(try LegalHold(request), by: peer.identity))
    }

    func releaseHold(_ request: Proto.ReleaseHoldRequest, _ peer: RPCPeer) async throws -> Proto.ReleaseHoldResponse {
        try await log.release(try HoldRelease(request), by: peer.identity)
        return Proto.ReleaseHoldResponse()
    }
}
