import FieldsealMessages
import FieldsealRPCTransport

extension AuditRPC {
    /// One page, in the order of the log or against it. Events that are stored meanwhile move no page.
    func query(_ request: Proto.QueryRequest, _ peer: RPCPeer) async throws -> Proto.QueryResponse {
        let scope = scope(of: peer)
        let page = try await log.page(try EventFilter(request, within: scope), try PageRequest(request))
        let next = page.last.map { EventCursor(after: $0, of: request).bytes }
        return Proto.QueryResponse(
            events: page.events, cursor: next ?? [], restrictedTo: scope.names,
            archivedEvents: UInt64(clamping: try await log.archivedEvents()))
    }
}
