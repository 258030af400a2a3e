internal import NIOSSL

/// One side's TLS, loaded from its settings.
struct TLSContext: Sendable {
    let context: NIOSSLContext
    let trustRoots: Set<NIOSSLCertificate>
    let verifier: PeerVerifier

    /// Reads the files; blocks while it does.
    init(_ settings: TLSSettings, peer role: PeerVerifier.Role) throws(TLSSettingsError) {
        let chain = try Self.certificates(settings.certificateChain, what: "certificate")
        let roots = try Self.certificates(settings.trustRoots, what: "certificate authority")
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: settings.privateKey, format: .pem)
        } catch {
            throw TLSSettingsError(
                "cannot load the private key \(settings.privateKey): an unencrypted PEM file is needed")
        }
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key),
            trustRoots: .certificates(roots))
        if role == .server { configuration.certificateVerification = .noHostnameVerification }
        configuration.minimumTLSVersion = .tlsv13
        configuration.shutdownTimeout = .seconds(1)
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSSettingsError(
                "cannot use \(settings.certificateChain) with \(settings.privateKey): do they belong together?")
        }
        trustRoots = Set(roots)
        verifier = PeerVerifier(role: role, denied: settings.deniedIdentities)
    }

    static func certificates(_ path: String, what: String) throws(TLSSettingsError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw TLSSettingsError("cannot load the \(what) \(path): a PEM file is needed")
        }
        guard !certificates.isEmpty else { throw TLSSettingsError("the \(what) \(path) holds no certificate") }
        return certificates
    }
}

extension TLSSettings {
    /// The identity in the own certificate.
    ///
    /// - Throws: `TLSSettingsError` where the file cannot be read or has not exactly one SPIFFE URI SAN.
    public func identity() throws -> String {
        let leaf = try TLSContext.certificates(certificateChain, what: "certificate").first
        guard let identity = leaf?.identity else {
            throw TLSSettingsError(
                "the certificate \(certificateChain) needs exactly one URI SAN: spiffe://domain/path")
        }
        return identity
    }
}
