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
        self.identity = identity.fitted(toBytes: Self.maximumLength)
        self.isUnverified = isUnverified
        self.asserted = asserted.fitted(toBytes: Self.maximumLength)
        self.peer = peer.fitted(toBytes: Self.maximumLength)
    }
}

extension String {
    /// As every block and store takes it: U+FFFD for each NUL, then the longest prefix of whole scalars that has no more than
    /// `limit` bytes of UTF-8.
    func fitted(toBytes limit: Int) -> String {
        guard !utf8.contains(0) else {
            let scalars = unicodeScalars.prefix(limit).map { $0 == "\0" ? "\u{FFFD}" : $0 }
            return String(String.UnicodeScalarView(scalars)).fitted(toBytes: limit)
        }
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
