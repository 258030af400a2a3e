/// How far a transaction is kept apart from others.
public enum PostgresIsolation: Sendable {
    case readCommitted
    case repeatableRead
    case serializable

    var begin: PostgresQuery {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }
}

extension PostgresConnection {
    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// When this returns, the change is durable (synchronous_commit is `on` inside). `commitUnknown` is thrown when the
    /// connection broke during COMMIT, or what was posted last and goes with it; the caller must then find out, or repeat
    /// something idempotent. `connectionLost` says that COMMIT was never sent.
    ///
    /// The task runs on the connection's thread meanwhile, where `isolation` lets it.
    ///
    /// - Parameter opening: the first statements, sent together with BEGIN; `body` gets their results.
    public func transaction<Value>(
        _ level: PostgresIsolation = .readCommitted, opening: [PostgresQuery] = [],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection, [PostgresRows]) async throws -> sending Value
    ) async throws -> sending Value {
        let handover = Handover<Value>()
        try await withTaskExecutorPreference(thread) { handover.put(try await run(level, opening, body)) }
        return handover.take()
    }

    /// The same without statements that open it.
    public func transaction<Value>(
        _ level: PostgresIsolation = .readCommitted, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        try await transaction(level) { connection, _ in try await body(connection) }
    }

    private func run<Value>(
        _ level: PostgresIsolation, _ opening: [PostgresQuery], isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection, [PostgresRows]) async throws -> sending Value
    ) async throws -> sending Value {
        let value: Value
        do {
            value = try await body(self, try await begin(level, opening))
            try await commit()
        } catch {
            await rollback()
            throw error
        }
        return value
    }

    private func begin(
        _ level: PostgresIsolation, _ opening: [PostgresQuery]
    ) async throws(PostgresError) -> [PostgresRows] {
        let begin: [PostgresQuery] = [level.begin, "SET LOCAL synchronous_commit = on"]
        return Array(try await pipeline(begin + opening).dropFirst(begin.count))
    }

    private func commit() async throws(PostgresError) {
        let timeout = thread.configuration.statementTimeout
        let before = takePosted()
        if !before.isEmpty, Task.isCancelled { throw PostgresError(.cancelled) }
        try await perform(uncancellable: true) { session, _ throws(PostgresError) in
            do throws(PostgresError) {
                let results = try session.pipeline(before + ["COMMIT"], timeout: timeout, cancellation: nil)
                // The server answers ROLLBACK to the COMMIT of a transaction in which a statement had failed.
                guard results.last?.command == "COMMIT" else {
                    throw PostgresError(.server, detail: "the transaction had failed and was rolled back")
                }
            } catch {
                guard session.isUsable, error.code == .server else {
                    session.abandon()
                    throw PostgresError(.commitUnknown, sqlState: error.sqlState)
                }
                throw error
            }
        }
    }

    /// Also where the task is cancelled: the connection goes back clean, or not at all.
    private func rollback() async {
        _ = takePosted()
        try? await perform(uncancellable: true) { session, _ throws(PostgresError) in
            do throws(PostgresError) {
                _ = try session.script("ROLLBACK", timeout: .seconds(5), cancellation: nil)
            } catch {
                session.abandon()
            }
        }
    }
}

/// Brings a value out of a closure that may not send it itself.
private final class Handover<Value>: Sendable {
    // The one who puts is done before the other takes.
    nonisolated(unsafe) private var value: Value?

    func put(_ value: sending Value) { self.value = value }

    func take() -> sending Value {
        guard let value else { preconditionFailure("nothing was handed over") }
        return value
    }
}
