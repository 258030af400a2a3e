internal import AsyncHTTPClient
internal import NIOCore
internal import NIOSSL

/// How a client connects. Proxies come from here alone, never from the environment.
public struct HTTPClientConfiguration: Sendable {
    public struct Proxy: Sendable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public struct Certificate: Sendable {
        /// PEM: the certificate, then those between it and the root.
        public var chainFile: String
        /// PEM, not encrypted.
        public var keyFile: String

        public init(chainFile: String, keyFile: String) {
            self.chainFile = chainFile
            self.keyFile = keyFile
        }
    }

    /// PEM; nil: the system's certificate authorities.
    public var authoritiesFile: String?
    /// Shown to servers that ask for a client certificate.
    public var certificate: Certificate?
    /// HTTP by CONNECT.
    public var proxy: Proxy?
    /// Whether `http` URLs may be called: for metadata servers on the link or the machine itself only.
    public var allowsPlaintext: Bool

    public init(
        authoritiesFile: String? = nil, certificate: Certificate? = nil, proxy: Proxy? = nil,
        allowsPlaintext: Bool = false
    ) {
        self.authoritiesFile = authoritiesFile
        self.certificate = certificate
        self.proxy = proxy
        self.allowsPlaintext = allowsPlaintext
    }

    func clientConfiguration() throws(HTTPCallError) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try tlsConfiguration())
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout.connect = .seconds(10)
        // Attempts are counted and spaced by HTTPCaller.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = proxy.map { .server(host: $0.host, port: $0.port) }
        return configuration
    }

    private func tlsConfiguration() throws(HTTPCallError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authoritiesFile {
            tls.trustRoots = .certificates(try certificates(authoritiesFile))
        }
        if let certificate {
            tls.certificateChain = try certificates(certificate.chainFile).map { .certificate($0) }
            do {
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem))
            } catch {
                throw unusable(certificate.keyFile, "private key")
            }
        }
        return tls
    }

    private func certificates(_ file: String) throws(HTTPCallError) -> [NIOSSLCertificate] {
        let certificates = try? NIOSSLCertificate.fromPEMFile(file)
        guard let certificates, !certificates.isEmpty else { throw unusable(file, "certificate") }
        return certificates
    }

    private func unusable(_ file: String, _ what: String) -> HTTPCallError {
        HTTPCallError(code: .configuration, description: "\(file) holds no \(what) in PEM that can be read")
    }
}
