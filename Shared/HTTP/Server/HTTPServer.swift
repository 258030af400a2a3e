public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import ServiceLifecycle

/// A small server of HTTP/1.1 without TLS, for what is public and signed anyway. It reads a request whole, answers it on a
/// thread that may block, and keeps connections open.
///
/// It accepts while `run()` runs; on graceful shutdown it stops accepting, finishes what runs and closes.
public final class HTTPServer: Service {
    public typealias Answer = @Sendable (HTTPServerRequest) -> HTTPResponse

    private let host: String
    private let port: Int
    private let limits: HTTPServerLimits
    private let connections: HTTPServerConnections
    private let logger: Logger
    private let answer: Answer
    private let bound = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Int.self)

    /// - Parameters:
    ///   - port: 0 lets the system choose; see `boundPort()`.
    ///   - answer: may block.
    public init(
        host: String, port: Int, limits: HTTPServerLimits = HTTPServerLimits(), logger: Logger,
        answer: @escaping Answer
    ) {
        (self.host, self.port, self.limits, self.logger, self.answer) = (host, port, limits, logger, answer)
        connections = HTTPServerConnections(limit: limits.connections)
    }

    deinit { bound.fail(ChannelError.alreadyClosed) }

    /// The port in use, once `run()` has bound it.
    /// - Throws: where it cannot be bound, or the server is gone.
    public func boundPort() async throws -> Int { try await bound.futureResult.get() }

    /// Serves until the graceful shutdown or the cancellation of the task. Once.
    /// - Throws: ``HTTPServerError`` where the address cannot be bound.
    public func run() async throws {
        let listener = try await listen()
        bound.succeed(listener.localAddress?.port ?? port)
        logger.info("listening", metadata: ["address": "\(host)", "port": "\(listener.localAddress?.port ?? port)"])
        try? await gracefulShutdown()
        try? await listener.close()
        await connections.drain(limits.drain)
    }

    private func listen() async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard connections.add(channel) else { throw ChannelError.operationUnsupported }
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(
                            HTTPServerConnection(limits: limits, answer: answer))
                    }
                }
                .bind(host: host, port: port).get()
        } catch {
            bound.fail(error)
            throw HTTPServerError("cannot listen on \(host), port \(port): is the address free and this machine's?")
        }
    }
}

/// Why a server does not serve.
public struct HTTPServerError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
