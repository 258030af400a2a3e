internal import Logging
internal import NIOCore
internal import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
    typealias Job = @Sendable () async -> Void

    let services: [any RPCService]
    let endpoints: EndpointTable
    let authorizer: any RPCAuthorizer
    let makeGate: (@Sendable (any EventLoop) -> any ReplyGate)?
    let observer: any RPCServerObserver
    let limits: ServerLimits
    let logger: Logger
    let wallClock: @Sendable () -> Int64
    /// Calls that run as tasks; the server's task group takes them from here.
    let jobs: AsyncStream<Job>
    private let submission: AsyncStream<Job>.Continuation
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<ServerLoop>]>([:])

    init(
        services: [any RPCService], unauthorized: Set<String>, authorizer: any RPCAuthorizer,
        makeGate: (@Sendable (any EventLoop) -> any ReplyGate)?, observer: any RPCServerObserver,
        limits: ServerLimits, logger: Logger, wallClock: @escaping @Sendable () -> Int64
    ) {
        self.services = services
        self.endpoints = EndpointTable(services, unauthorized: unauthorized)
        self.authorizer = authorizer
        self.makeGate = makeGate
        self.observer = observer
        self.limits = limits
        self.logger = logger
        self.wallClock = wallClock
        (jobs, submission) = AsyncStream.makeStream()
    }

    /// Runs a job in the server's task group. The caps on open calls bound how many there are.
    func submit(_ job: @escaping Job) { submission.yield(job) }

    func finishJobs() { submission.finish() }

    /// The loop's share; called on the loop.
    func loop(_ eventLoop: any EventLoop) -> ServerLoop {
        let known = loops.withLock { $0[ObjectIdentifier(eventLoop)] }
        if let known { return known.value }
        let loop = ServerLoop(self, on: eventLoop)
        let bound = NIOLoopBound(loop, eventLoop: eventLoop)
        loops.withLock { $0[ObjectIdentifier(eventLoop)] = bound }
        return loop
    }
}
