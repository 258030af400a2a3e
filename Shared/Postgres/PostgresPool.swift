public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Connections to one database, made when they are needed, each on a thread of its own.
///
/// It works before `run()` and without it; `run()` closes it at graceful shutdown. While the server is away, callers wait
/// for up to the acquire timeout; attempts to connect are spaced by a growing, jittered pause.
public final class PostgresPool: Service, Sendable {
    struct State {
        /// Connected and free, the one used last at the end.
        var idle: [ConnectionThread] = []
        var threads: [ObjectIdentifier: ConnectionThread] = [:]
        var connecting = 0
        var waiters: [Waiter] = []
        var nextWaiter: UInt64 = 0
        var failures = 0
        var lastFailure: PostgresError?
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Result<ConnectionThread, PostgresError>, Never>
    }

    public let configuration: PostgresConfiguration
    let logger: Logger
    let state = Mutex(State())

    /// Throws `configuration` when the connection string does not parse; connects to nothing yet.
    public init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        _ = try configuration.options()
        precondition(configuration.maximumConnections > 0)
        self.configuration = configuration
        self.logger = logger
    }

    /// Lends a connection. Throws `unavailable` when none was to be had within the acquire timeout.
    public func withConnection<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        let connection = PostgresConnection(try await acquire())
        defer { giveBack(connection) }
        return try await body(connection)
    }

    /// Runs `body` in a transaction. A serialization failure or deadlock, and a connection that broke before COMMIT, start
    /// it anew after a short pause, up to `attempts` times: `body` must have no effect outside the transaction.
    ///
    /// - Parameter opening: the first statements, sent together with BEGIN; `body` gets their results.
    public func withTransaction<Value>(
        _ level: PostgresIsolation = .readCommitted, opening: [PostgresQuery] = [], attempts: Int = 5,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection, [PostgresRows]) async throws -> sending Value
    ) async throws -> sending Value {
        var attempt = 1
        while true {
            do {
                return try await withConnection { try await $0.transaction(level, opening: opening, body) }
            } catch let error as PostgresError
                where attempt < attempts && (error.isRetryable || error.code == .connectionLost)
            {
                logger.debug("transaction starts anew", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...(5 << attempt))))
                attempt += 1
            }
        }
    }

    /// The same without statements that open it.
    public func withTransaction<Value>(
        _ level: PostgresIsolation = .readCommitted, attempts: Int = 5, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        try await withTransaction(level, opening: [], attempts: attempts) { connection, _ in try await body(connection)
        }
    }

    /// Lends a connection for one statement.
    @discardableResult
    public func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresRows {
        try await withConnection { try await $0.query(query, timeout: timeout) }
    }

    /// Until graceful shutdown; then waits for the connections that are lent out. Cancellation cancels their statements.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Lends no more connections and waits for those that are lent out.
    public func close() async {
        let threads = state.withLock { state in
            state.isClosed = true
            for waiter in state.waiters { waiter.continuation.resume(returning: .failure(PostgresError(.closed))) }
            state.waiters = []
            defer { state.idle = [] }
            return state.idle
        }
        for thread in threads { thread.close() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if !state.threads.isEmpty { state.closers.append(continuation) }
                    return state.threads.isEmpty
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            for thread in state.withLock({ Array($0.threads.values) }) { thread.close(atOnce: true) }
        }
    }
}
