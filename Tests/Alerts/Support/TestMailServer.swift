import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// An SMTP server on the loopback that follows RFC 5321, 3207 and 4954 as a server does, refuses what it is told to, and
/// keeps what it got.
final class TestMailServer: Sendable {
    struct Behaviour: Sendable {
        var startsTLS = true
        var mechanisms = "PLAIN LOGIN"
        /// Replies instead of the usual, by the beginning of the command; `.` is the end of the message.
        var replies: [String: String] = [:]
        /// Said in the clear right behind the consent to TLS.
        var injected = ""
        var isSilent = false
    }

    struct Mail: Sendable, Equatable {
        var sender = ""
        var recipients: [String] = []
        var lines: [String] = []
    }

    private struct State {
        var behaviour: Behaviour
        var mails: [Mail] = []
        var commands: [String] = []
        var logins: [String] = []
    }

    private final class Shared: Sendable {
        let mutex: Mutex<State>
        init(_ behaviour: Behaviour) { mutex = Mutex(State(behaviour: behaviour)) }
    }

    private let channel: any Channel
    private let shared: Shared

    init(_ files: TestFiles, _ behaviour: Behaviour = Behaviour()) async throws {
        let shared = Shared(behaviour)
        self.shared = shared
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(files.path("leaf.pem")).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("leaf.key"), format: .pem))))
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if !behaviour.startsTLS {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(Session(shared, context))
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var mails: [Mail] { shared.mutex.withLock { $0.mails } }
    var commands: [String] { shared.mutex.withLock { $0.commands } }
    /// `user:password`
    var logins: [String] { shared.mutex.withLock { $0.logins } }
    func behave(_ change: (inout Behaviour) -> Void) { shared.mutex.withLock { change(&$0.behaviour) } }
    func stop() async throws { try await channel.close() }

    private final class Session: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private enum Expecting { case command, userName, password, message }

        private let shared: Shared
        private let tls: NIOSSLContext
        private var pending = ""
        private var mail = Mail()
        private var expecting = Expecting.command
        private var userName = ""
        private var hasTLS: Bool

        init(_ shared: Shared, _ tls: NIOSSLContext) {
            self.shared = shared
            self.tls = tls
            hasTLS = shared.mutex.withLock { !$0.behaviour.startsTLS }
        }

        private var behaviour: Behaviour { shared.mutex.withLock { $0.behaviour } }

        func channelActive(context: ChannelHandlerContext) {
            if behaviour.startsTLS { greet(context) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case TLSUserEvent.handshakeCompleted = event else { return }
            if hasTLS { greet(context) }
            hasTLS = true
        }

        private func greet(_ context: ChannelHandlerContext) {
            guard !behaviour.isSilent else { return }
            reply(behaviour.replies["greeting"] ?? "220-welcome\r\n220 to the test", context)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pending += String(buffer: unwrapInboundIn(data))
            while let end = pending.range(of: "\r\n") {
                let line = String(pending[..<end.lowerBound])
                pending.removeSubrange(..<end.upperBound)
                take(line, context)
            }
        }

        private func take(_ line: String, _ context: ChannelHandlerContext) {
            switch expecting {
            case .message: message(line, context)
            case .userName:
                userName = decoded(line)
                expecting = .password
                reply("334 UGFzc3dvcmQ6", context)
            case .password:
                expecting = .command
                login(userName, decoded(line), context)
            case .command: command(line, context)
            }
        }

        private func command(_ line: String, _ context: ChannelHandlerContext) {
            shared.mutex.withLock { $0.commands.append(line) }
            if let (_, text) = behaviour.replies.first(where: { line.hasPrefix($0.key) }) {
                return reply(text, context)
            }
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "EHLO":
                let extensions =
                    hasTLS ? "250-AUTH \(behaviour.mechanisms)\r\n250 8BITMIME" : "250-8BITMIME\r\n250 STARTTLS"
                reply("250-test greets \(words.last ?? "")\r\n\(extensions)", context)
            case "STARTTLS":
                reply("220 go on\(behaviour.injected)", context)
                try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            case "AUTH" where words.count == 3:
                let parts = decoded(words[2]).split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
                login(parts.count == 3 ? parts[1] : "", parts.last ?? "", context)
            case "AUTH":
                expecting = .userName
                reply("334 VXNlcm5hbWU6", context)
            case "MAIL":
                mail = Mail(sender: line)
                reply("250 fine", context)
            case "RCPT":
                mail.recipients.append(line)
                reply("250 fine", context)
            case "DATA":
                expecting = .message
                reply("354 go on", context)
            case "QUIT": reply("221 bye", context)
            default: reply("500 what", context)
            }
        }

        private func message(_ line: String, _ context: ChannelHandlerContext) {
            guard line == "." else {
                mail.lines.append(line.hasPrefix("..") ? String(line.dropFirst()) : line)
                return
            }
            expecting = .command
            if let text = behaviour.replies["."] { return reply(text, context) }
            shared.mutex.withLock { $0.mails.append(mail) }
            reply("250 taken", context)
        }

        private func login(_ name: String, _ password: String, _ context: ChannelHandlerContext) {
            shared.mutex.withLock { $0.logins.append("\(name):\(password)") }
            reply(password == "correct horse" ? "235 welcome" : "535 no", context)
        }

        private func decoded(_ text: String) -> String {
            decodeBase64(text) ?? ""
        }

        private func reply(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
