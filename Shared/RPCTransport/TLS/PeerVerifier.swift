internal import FieldsealRPC
internal import NIOSSL

/// A peer whose certificate was accepted.
struct VerifiedPeer: Sendable, Hashable {
    var identity: String
    /// Seconds since 1970 from which the certificate no longer holds.
    var notValidAfter: Int64
}

/// Why a peer is refused, with the identity it showed where there is one.
struct PeerRefusal: Error, Hashable {
    var cause: ConnectionRefusal
    var identity: String?
}

/// The checks of a peer's certificate that TLS leaves to us. They run after every handshake: a resumed session repeats
/// none of TLS's own checks, so that an expired certificate resumes.
struct PeerVerifier: Sendable {
    enum Role: Sendable {
        case client
        case server

        /// The purpose's object identifier, DER encoded (RFC 5280, 4.2.1.12).
        var extendedKeyUsage: [UInt8] { [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, self == .server ? 0x01 : 0x02] }
    }

    /// What the peer is to us.
    var role: Role
    var denied: Set<String>
    /// The one identity that is expected; nil: any.
    var expected: String?

    func verify(_ certificate: NIOSSLCertificate?, now: Int64) throws(PeerRefusal) -> VerifiedPeer {
        guard let certificate else { throw PeerRefusal(cause: .noCertificate) }
        guard let identity = certificate.identity else { throw PeerRefusal(cause: .noIdentity) }
        guard certificate.allows(role) else { throw PeerRefusal(cause: .wrongUsage, identity: identity) }
        guard now >= Int64(certificate.notValidBefore) else {
            throw PeerRefusal(cause: .notYetValid, identity: identity)
        }
        let peer = VerifiedPeer(identity: identity, notValidAfter: Int64(certificate.notValidAfter))
        if let cause = refusal(of: peer, now: now) { throw PeerRefusal(cause: cause, identity: identity) }
        return peer
    }

    /// What a peer that was accepted before is refused for now; nil: nothing.
    func refusal(of peer: VerifiedPeer, now: Int64) -> ConnectionRefusal? {
        if now >= peer.notValidAfter { return .expired }
        if denied.contains(peer.identity) { return .denied }
        if let expected, !expected.utf8.elementsEqual(peer.identity.utf8) { return .unexpectedIdentity }
        return nil
    }
}

extension NIOSSLCertificate {
    /// The certificate's one URI SAN; nil where there is none, more than one, or one that is no SPIFFE id.
    var identity: String? {
        var identity: String?
        for name in _subjectAlternativeNames() where name.nameType == .uri {
            guard identity == nil, name.contents.count <= SPIFFEIdentity.maximumLength else { return nil }
            let bytes = Array(name.contents)
            guard SPIFFEIdentity.isValid(bytes) else { return nil }
            identity = String(decoding: bytes, as: UTF8.self)
        }
        return identity
    }

    /// The extended key usage is there and names the role's purpose.
    func allows(_ role: PeerVerifier.Role) -> Bool {
        for certificateExtension in _extensions where certificateExtension.objectIdentifier.description == "2.5.29.37" {
            return Self.purposes(Array(certificateExtension.data)).contains(role.extendedKeyUsage)
        }
        return false
    }

    /// Reads `SEQUENCE OF OBJECT IDENTIFIER` where every length fits into one byte; anything else names no purpose.
    private static func purposes(_ der: [UInt8]) -> [[UInt8]] {
        guard der.count >= 2, der[0] == 0x30, der[1] < 0x80, Int(der[1]) == der.count - 2 else { return [] }
        var purposes: [[UInt8]] = []
        var rest = der.dropFirst(2)
        while let tag = rest.popFirst() {
            guard tag == 0x06, let length = rest.popFirst(), length < 0x80, Int(length) <= rest.count else { return [] }
            purposes.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return purposes
    }
}
