public import FieldsealRPCTransport

/// What the policy in force grants the peer of one connection. Kept as the connection's attachment, on its event loop.
public final class ConnectionGrant {
    public fileprivate(set) var grant: PolicyGrant
    fileprivate var generation: UInt64

    /// A handler's own cache of what follows from the grant; emptied when a reloaded policy replaces the grant.
    public var memo: AnyObject?

    fileprivate init(grant: PolicyGrant, generation: UInt64) {
        self.grant = grant
        self.generation = generation
    }
}

extension PolicyStore {
    /// The connection's grant, looked up again after a reload. On the event loop of the connection alone.
    public func connectionGrant(of peer: RPCPeer) -> ConnectionGrant {
        let generation = generation
        guard let known = peer.attachment as? ConnectionGrant else {
            let made = ConnectionGrant(grant: grant(for: peer.identity), generation: generation)
            peer.attachment = made
            return made
        }
        if known.generation != generation {
            known.grant = grant(for: peer.identity)
            known.generation = generation
            known.memo = nil
        }
        return known
    }
}

extension ServerCall {
    /// The grant with which the call was authorized; nil where no `PolicyAuthorizer` was asked.
    public var grant: ConnectionGrant? { peer.attachment as? ConnectionGrant }
}
