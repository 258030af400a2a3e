public import FieldsealRPC

/// Told of what peers are refused before any handler sees it, so that it is audited. Called on event loops; must not block.
public protocol RPCServerObserver: Sendable {
    /// A connection was refused, or ended because its certificate no longer holds.
    func connectionRefused(_ refusal: RefusedConnection)
    /// A verified peer called a service or a method that is not there. The names are the caller's text and stay out.
    func unknownMethod(peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier)
}

/// Why a connection was refused.
public enum ConnectionRefusal: String, Sendable, Hashable, CaseIterable {
    /// The peer sent no certificate.
    case noCertificate = "no-certificate"
    /// TLS did not accept the certificate: another authority, bad signature, wrong usage, or outside its dates.
    case untrustedCertificate = "untrusted-certificate"
    /// The handshake failed for another reason, e.g. no common TLS version, or a peer that does not speak TLS.
    case handshakeFailed = "handshake-failed"
    case handshakeTimeout = "handshake-timeout"
    /// The certificate has not exactly one URI SAN, or it is no SPIFFE id.
    case noIdentity = "no-identity"
    /// The extended key usage for the peer's role is missing.
    case wrongUsage = "wrong-usage"
    case notYetValid = "not-yet-valid"
    case expired = "expired"
    /// The identity stands on the deny list.
    case denied = "denied"
    /// The certificate holds, but it is not the identity expected at this address.
    case unexpectedIdentity = "unexpected-identity"
    /// The server has as many connections as it takes.
    case tooManyConnections = "too-many-connections"
}

/// A connection that was refused.
public struct RefusedConnection: Sendable, Hashable {
    /// The remote address, e.g. `127.0.0.1:50312`.
    public var address: String
    /// The URI SAN of the peer's certificate where it could be read.
    public var identity: String?
    /// False: `identity` comes from a certificate that was not verified, good for a record and never for a decision.
    public var identityVerified: Bool
    public var cause: ConnectionRefusal

    public init(address: String, identity: String?, identityVerified: Bool, cause: ConnectionRefusal) {
        self.address = address
        self.identity = identity
        self.identityVerified = identityVerified
        self.cause = cause
    }
}
