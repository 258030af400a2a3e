internal import FieldsealCrypto
internal import FieldsealSecureMemory
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// User name and password for a mail server. The password is read for each use; what is sent of it stays in NIO's buffers,
/// which nobody wipes.
struct SMTPCredentials: Sendable {
    var userName: String
    var password: SecretFile
}

/// Carries out an ``SMTPExchange`` on a connection.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var exchange: SMTPExchange
    private var replies = SMTPReplyReader()
    private let message: String
    private let credentials: SMTPCredentials?
    private let makeTLS: () throws -> NIOSSLClientHandler
    /// The number of recipients that were refused.
    private let outcome: EventLoopPromise<Int>
    private var isEnded = false

    init(
        _ exchange: SMTPExchange, message: String, credentials: SMTPCredentials?,
        makeTLS: @escaping () throws -> NIOSSLClientHandler, outcome: EventLoopPromise<Int>
    ) {
        self.exchange = exchange
        self.message = message
        self.credentials = credentials
        self.makeTLS = makeTLS
        self.outcome = outcome
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        replies.append(unwrapInboundIn(data).readableBytesView)
        do {
            while !isEnded, let reply = try replies.next() { perform(exchange.replied(reply), context) }
        } catch {
            fail(DeliveryFailure(.unavailable, "the server's reply is not SMTP"), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, isUpgrading {
            isUpgrading = false
            perform(exchange.tlsStarted(), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(DeliveryFailure(.unavailable, "the server closed the connection"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let text =
            error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
            ? "TLS with the server failed, or its certificate does not hold" : "the connection broke"
        fail(DeliveryFailure(.unavailable, text), context)
    }

    private var isUpgrading = false

    private func perform(_ action: SMTPExchange.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let command): write(command, context)
        case .startTLS: startTLS(context)
        case .sendPlain: authenticate(context) { "AUTH PLAIN \(Base64.encode([0] + $0 + [0] + $1))" }
        case .sendUserName: authenticate(context) { name, _ in Base64.encode(name) }
        case .sendPassword: authenticate(context) { Base64.encode($1) }
        case .sendMessage: write(message + ".", context)
        case .delivered(let refused):
            isEnded = true
            write("QUIT", context)
            outcome.succeed(refused)
            context.close(promise: nil)
        case .fail(let failure): fail(failure, context)
        }
    }

    /// What the server said in the clear after its consent would be taken for a reply under TLS.
    private func startTLS(_ context: ChannelHandlerContext) {
        guard !replies.hasRest else {
            return fail(DeliveryFailure(.refused, "the server sent more than its consent to TLS"), context)
        }
        do {
            isUpgrading = true
            try context.pipeline.syncOperations.addHandler(try makeTLS(), position: .first)
        } catch {
            fail(DeliveryFailure(.unavailable, "TLS could not begin"), context)
        }
    }

    private func authenticate(_ context: ChannelHandlerContext, _ line: ([UInt8], [UInt8]) -> String) {
        guard let credentials else {
            return fail(DeliveryFailure(.credential, "no credentials are configured"), context)
        }
        do {
            let password = try credentials.password.read()
            let text = password.withUnsafeBytes { line(Array(credentials.userName.utf8), Array($0)) }
            write(text, context)
        } catch {
            let text = (error as? SecretFileError)?.description ?? "the password cannot be read"
            fail(DeliveryFailure(.credential, text), context)
        }
    }

    private func write(_ line: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }

    private func fail(_ failure: DeliveryFailure, _ context: ChannelHandlerContext) {
        guard !isEnded else { return }
        isEnded = true
        outcome.fail(failure)
        context.close(promise: nil)
    }
}
