internal import FieldsealAuditTrail
internal import FieldsealRPC
internal import FieldsealRPCTransport

/// Writes into the audit trail what the transport refuses by itself.
struct RefusalObserver: RPCServerObserver {
    let trail: AuditTrail

    func connectionRefused(_ refusal: RefusedConnection) { trail.recordRefusal(Self.event(for: refusal)) }

    func unknownMethod(peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier) {
        var event = AuditEvent(actor: AuditActor(identity: peer.identity), operation: .unknownMethod)
        event.outcome = RPCCode.unimplemented.rawValue
        event.requestID = EventIdentifier(requestID)
        event.traceID = EventIdentifier(traceID)
        trail.recordRefusal(event)
    }

    static func event(for refusal: RefusedConnection) -> AuditEvent {
        let actor: AuditActor =
            if refusal.identityVerified, let identity = refusal.identity {
                AuditActor(identity: identity)
            } else {
                .stranger(peer: host(of: refusal.address), claimedIdentity: refusal.identity ?? "")
            }
        var event = AuditEvent(actor: actor, operation: .connect)
        event.outcome = RPCCode.unauthenticated.rawValue
        event.cause = AuditCause(refusal.cause.rawValue) ?? .none
        return event
    }

    /// The address without its port, which is another one with each connection.
    private static func host(of address: String) -> String {
        address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address
    }
}
