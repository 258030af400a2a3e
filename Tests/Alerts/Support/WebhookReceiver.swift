import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on the loopback that answers as it is told to, and keeps what it got.
final class WebhookReceiver: Sendable {
    struct Call: Sendable {
        var path: String
        var headers: HTTPHeaders
        var body: String
        func header(_ name: String) -> String { headers.first(name: name) ?? "" }
    }

    enum Behaviour: Sendable, Equatable { case answer(UInt), redirect, close, hang }

    private struct State {
        var calls: [Call] = []
        var behaviour = Behaviour.answer(204)
    }

    private let channel: any Channel
    private let state: Shared
    private let scheme: String

    private final class Shared: Sendable {
        let mutex = Mutex(State())
    }

    init(certificates: TestFiles? = nil) async throws {
        let state = Shared()
        self.state = state
        scheme = certificates == nil ? "http" : "https"
        let context = try certificates.map { files in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(files.path("leaf.pem")).map {
                        .certificate($0)
                    },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("leaf.key"), format: .pem))))
        }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "\(scheme)://localhost:\(channel.localAddress?.port ?? 0)/hook" }
    var calls: [Call] { state.mutex.withLock { $0.calls } }
    func behave(_ behaviour: Behaviour) { state.mutex.withLock { $0.behaviour = behaviour } }
    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let state: Shared
        private var call = Call(path: "", headers: [:], body: "")

        init(_ state: Shared) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): call = Call(path: head.uri, headers: head.headers, body: "")
            case .body(let part): call.body += String(buffer: part)
            case .end:
                let behaviour = state.mutex.withLock { state in
                    state.calls.append(call)
                    return state.behaviour
                }
                switch behaviour {
                case .answer(let status): answer(context, HTTPResponseStatus(statusCode: Int(status)), [:])
                case .redirect: answer(context, .found, ["Location": "http://localhost:1/elsewhere"])
                case .close: context.close(promise: nil)
                case .hang: break
                }
            }
        }

        private func answer(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: HTTPHeaders) {
            var headers = headers
            if status != .noContent { headers.add(name: "Content-Length", value: "0") }
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
