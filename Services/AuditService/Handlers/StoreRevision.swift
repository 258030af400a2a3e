import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    /// Of the peer's own blocks only: nobody else can make a store look older than it is, nor learn how new it is.
    func storeRevision(_: Proto.StoreRevisionRequest, _ peer: RPCPeer) async throws -> Proto.StoreRevisionResponse {
        let revision = try await log.storeRevision(of: peer.identity)
        return Proto.StoreRevisionResponse(revision: UInt64(clamping: revision))
    }
}
