internal import NIOSSL

/// The files and rules of one side of mutual TLS.
public struct TLSSettings: Sendable, Hashable {
    /// Path of a PEM file: the own certificate, then its intermediates.
    public var certificateChain: String
    /// Path of a PEM file with the certificate's private key.
    public var privateKey: String
    /// Path of a PEM file with the authorities that are trusted; the system's are not.
    public var trustRoots: String
    /// Identities that are refused whatever their certificate says.
    public var deniedIdentities: Set<String>

    public init(
        certificateChain: String, privateKey: String, trustRoots: String, deniedIdentities: Set<String> = []
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.trustRoots = trustRoots
        self.deniedIdentities = deniedIdentities
    }
}

extension TLSSettings {
    /// The identity that the own certificate states.
    public func ownIdentity() throws(TLSSettingsError) -> String {
        guard let certificate = try? NIOSSLCertificate.fromPEMFile(certificateChain).first else {
            throw TLSSettingsError("\(certificateChain) is no PEM file with a certificate")
        }
        guard let identity = certificate.identity else {
            throw TLSSettingsError("the certificate in \(certificateChain) states no SPIFFE identity")
        }
        return identity
    }
}

/// Why TLS could not be set up. The description names the file and what to mend.
public struct TLSSettingsError: Error, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
