import FieldsealHTTP
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@Suite struct HTTPServerTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func serve(
        _ limits: HTTPServerLimits = HTTPServerLimits(),
        answer: @escaping HTTPServer.Answer = { HTTPResponse(status: 200, body: HTTPBody($0.body)) },
        _ body: @Sendable (HTTPServer, Int, ServiceGroup) async throws -> Void
    ) async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: limits, logger: Self.logger, answer: answer)
        let group = ServiceGroup(services: [server], logger: Self.logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let port = try await server.boundPort()
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(server, port, group)) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    /// What the server sends until it closes.
    private func exchange(_ port: Int, _ text: String) async throws -> String {
        let client = try await RawClient(port)
        try await client.send(text)
        return try await client.rest()
    }

    @Test func requestsOnOneConnectionAreAnsweredInTurn() async throws {
        try await serve { _, port, _ in
            let answer = try await exchange(
                port,
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
                    + "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1\r\nb\r\n1\r\nc\r\n0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nbc"))
            #expect(answer.contains("\r\n\r\naHTTP/1.1 200 OK"))
        }
    }

    @Test func whatIsNoHTTPAndWhatIsTooLongEndsTheConnection() async throws {
        let head = "POST / HTTP/1.1\r\nHost: x\r\n"
        let requests = [
            ("hello\r\n\r\n", 400), (head + "Content-Length: 5\r\n\r\nabcde", 413),
            (head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n", 413),
            (head + "Connection: close\r\nContent-Length: 4\r\n\r\nabcd", 200),
        ]
        try await serve(HTTPServerLimits(bodyCount: 4)) { _, port, _ in
            for (request, status) in requests {
                let answer = try await exchange(port, request)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
            }
        }
    }

    @Test(arguments: ["", "POST / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"])
    func aSlowClientIsClosed(request: String) async throws {
        try await serve(HTTPServerLimits(request: .milliseconds(50))) { _, port, _ in
            let answer = try await exchange(port, request)
            #expect(answer == "")
        }
    }

    @Test func anIdleClientIsClosed() async throws {
        try await serve(HTTPServerLimits(idle: .milliseconds(50))) { _, port, _ in
            let answer = try await exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na")
            #expect(answer.hasSuffix("\r\n\r\na"))
        }
    }

    @Test func moreConnectionsThanTheLimitAreClosed() async throws {
        try await serve(HTTPServerLimits(connections: 1)) { _, port, _ in
            let first = try await RawClient(port)
            try await first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await first.next()
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            let refused = try await exchange(port, "")
            #expect(refused == "")
            try await first.close()
        }
    }

    @Test func aRequestThatRunsIsAnsweredBeforeTheStop() async throws {
        let gate = Gate()
        try await serve(answer: { _ in
            gate.pass()
            return HTTPResponse(status: 200, body: HTTPBody("late"))
        }) { _, port, group in
            let client = try await RawClient(port)
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await gate.entered()
            await group.triggerGracefulShutdown()
            gate.open()
            let answer = try await client.rest()
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("late"))
        }
    }

    @Test func anAddressInUseIsSaid() async throws {
        try await serve { _, port, _ in
            let second = HTTPServer(host: "127.0.0.1", port: port, logger: Self.logger) { _ in
                HTTPResponse(status: 200)
            }
            await #expect(throws: HTTPServerError.self) { try await second.run() }
        }
    }
}

/// A TCP connection that says what it is told to.
private final class RawClient: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let received: AsyncThrowingStream<String, any Error>
    private let reading: Task<Void, Never>

    init(_ port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        self.channel = channel
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: String.self, throwing: (any Error).self)
        received = stream
        reading = Task {
            do {
                try await channel.executeThenClose { inbound, _ in
                    for try await part in inbound { continuation.yield(String(buffer: part)) }
                }
            } catch {
                // A connection that the server has reset is as closed as any other.
            }
            continuation.finish()
        }
    }

    func send(_ text: String) async throws {
        guard !text.isEmpty else { return }
        do {
            try await channel.channel.writeAndFlush(ByteBuffer(string: text))
        } catch ChannelError.ioOnClosedChannel {
            // The server was faster; what it sent before can be read.
        }
    }

    func next() async throws -> String {
        for try await part in received { return part }
        return ""
    }

    func rest() async throws -> String { try await received.reduce(into: "") { $0 += $1 } }

    func close() async throws { try await channel.channel.close() }
}

/// Holds a thread until it is opened.
private final class Gate: Sendable {
    private let lock = ConditionLock(value: 0)
    private let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)

    func pass() {
        arrived.finish()
        lock.lock(whenValue: 1)
        lock.unlock()
    }

    func entered() async { for await _ in arrivals {} }

    func open() {
        lock.lock()
        lock.unlock(withValue: 1)
    }
}
