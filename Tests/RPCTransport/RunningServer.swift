import FieldsealRPC
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import FieldsealRPCTransport

/// A server that runs while a test does.
struct RunningServer: Sendable {
    let server: RPCServer
    let port: Int
    let observer: TestObserver
    let clock: TestClock
    let echo: EchoService
    let lifecycle: ServiceGroup

    func target(_ identity: String = TestAuthority.server) -> RPCTarget {
        RPCTarget(host: "127.0.0.1", port: port, identity: identity)
    }

    func client(
        _ tls: TLSSettings? = nil, identity: String = TestAuthority.server, limits: ClientLimits = ClientLimits()
    ) throws -> RPCClient {
        try RPCClient(
            targets: [target(identity)], tls: tls ?? TestAuthority.trusted.get().settings(TestAuthority.client),
            limits: limits, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: .silent)
    }
}

/// Runs a server with certificates of the trusted authority, then shuts it down.
func withServer<R>(
    port: Int = 0, tls: TLSSettings? = nil, services: [any RPCService] = [], limits: ServerLimits = ServerLimits(),
    clock: TestClock = .atStart, _ body: (RunningServer) async throws -> R
) async throws -> R {
    let observer = TestObserver()
    let echo = EchoService()
    let server = try RPCServer(
        host: "127.0.0.1", port: port, tls: tls ?? TestAuthority.trusted.get().settings(TestAuthority.server),
        services: [echo] + services, authorizer: TestAuthorizer(), observer: observer, limits: limits,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: .silent, wallClock: { clock.now })
    let lifecycle = ServiceGroup(services: [server], logger: .silent)
    return try await withThrowingTaskGroup { group in
        group.addTask { try await lifecycle.run() }
        let bound = try await server.boundAddress().port ?? 0
        let running = RunningServer(
            server: server, port: bound, observer: observer, clock: clock, echo: echo, lifecycle: lifecycle)
        let result: R
        do { result = try await body(running) } catch {
            group.cancelAll()
            throw error
        }
        await lifecycle.triggerGracefulShutdown()
        try await group.waitForAll()
        return result
    }
}

extension TestClock {
    /// A clock that stands a minute after it was made, so that certificates made for the test are valid.
    static var atStart: TestClock {
        let clock = TestClock()
        clock.now = WallClock.seconds() + 60
        return clock
    }
}

extension RPCClient {
    func echo(_ payload: [UInt8], _ method: String = "Echo", timeout: Duration = .seconds(20)) async throws(RPCStatus)
        -> [UInt8]
    {
        try await unary(service: "test.Echo", method: method, payload: payload, timeout: timeout)
    }

    /// The status of a call that must fail.
    func failure(_ method: String = "Echo", timeout: Duration = .seconds(20)) async -> RPCStatus? {
        do throws(RPCStatus) {
            _ = try await echo([1], method, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }
}
