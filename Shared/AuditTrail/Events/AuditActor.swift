/// Who acted, as the transport knows it.
public struct AuditActor: Hashable, Sendable {
    /// Longer texts are cut: an event must fit into a block.
    public static let maximumLength = 2048

    /// The SPIFFE URI of the TLS peer; empty where there is none.
    public let identity: String
    /// The identity stands in a certificate that was refused.
    public let isUnverified: Bool
    /// For whom the actor said it acted; empty where it said nothing.
    public let asserted: String
    /// Address, without port, of a peer that has no identity; empty otherwise.
    public let peer: String

    /// A peer whose certificate was verified.
    public init(identity: String, asserted: String = "") {
        self.init(identity: identity, isUnverified: false, asserted: asserted, peer: "")
    }

    /// A peer that was refused: its address and, where one could be read, the identity it claims.
    public static func stranger(peer: String, claimedIdentity: String = "") -> Self {
        Self(identity: claimedIdentity, isUnverified: !claimedIdentity.isEmpty, asserted: "", peer: peer)
    }

    init(identity: String, isUnverified: Bool, asserted: String, peer: String) {
        self.identity = identity.cut(toBytes: Self.maximumLength)
        self.isUnverified = isUnverified
        self.asserted = asserted.cut(toBytes: Self.maximumLength)
        self.peer = peer.cut(toBytes: Self.maximumLength)
    }
}

extension String {
    /// The longest prefix of whole characters that takes no more than `limit` bytes of UTF-8.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
