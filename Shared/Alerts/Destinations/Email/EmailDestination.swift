internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Sends alerts by e-mail through an SMTP server, over TLS only: from the first byte, or by STARTTLS, which is insisted on.
/// The server's certificate is verified against its name.
public struct EmailDestination: AlertDestination {
    static let limit = TimeAmount.seconds(25)

    public let name: String
    public let minimumSeverity: Alert.Severity
    let settings: EmailSettings
    /// Who sends, as the text says it.
    let source: String
    let logger: Logger
    private let tls: NIOSSLContext

    init(
        name: String, minimumSeverity: Alert.Severity, settings: EmailSettings, source: String, logger: Logger
    ) throws {
        self.name = name
        self.minimumSeverity = minimumSeverity
        self.settings = settings
        self.source = source
        self.logger = logger
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities = settings.authorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
        }
        tls = try NIOSSLContext(configuration: configuration)
    }

    public func send(_ notice: AlertNotice) async throws(DeliveryFailure) {
        let message = MailMessage(
            notice: notice, source: source, sender: settings.sender, recipients: settings.recipients)
        let refused: Int
        do {
            refused = try await exchange(message.encoded)
        } catch let error as DeliveryFailure {
            throw error
        } catch {
            throw DeliveryFailure(.unavailable, "no connection to the mail server")
        }
        if refused > 0 {
            logger.warning(
                "a mail server refused recipients of alerts",
                metadata: ["destination": "\(name)", "refused": "\(refused)"])
        }
    }

    private func exchange(_ message: String) async throws -> Int {
        let (settings, tls) = (settings, tls)
        let makeTLS: @Sendable () throws -> NIOSSLClientHandler = {
            // Without a name the certificate must hold the address itself.
            try NIOSSLClientHandler(context: tls, serverHostname: settings.isAddress ? nil : settings.host)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: Int.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = SMTPHandler(
                            SMTPExchange(settings.plan), message: message, credentials: settings.credentials,
                            makeTLS: makeTLS, outcome: outcome)
                        if !settings.startsTLS {
                            try channel.pipeline.syncOperations.addHandler(try makeTLS())
                        }
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: settings.host, port: settings.port).get()
        } catch {
            outcome.fail(error)
            throw error
        }
        let timeout = loop.scheduleTask(in: Self.limit) {
            outcome.fail(DeliveryFailure(.unavailable, "no answer in time"))
            channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        return try await withTaskCancellationHandler {
            try await outcome.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}
