/// How far a transaction is kept apart from others.
public enum PostgresIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// When this returns, the change is durable (synchronous_commit is `on` inside). `commitUnknown` is thrown when the
    /// connection broke during COMMIT; the caller must then find out, or repeat something idempotent. `connectionLost` says
    /// that COMMIT was never sent.
    public func transaction<Value>(
        _ level: PostgresIsolation = .readCommitted, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        try await begin(level)
        let value: Value
        do {
            value = try await body(self)
        } catch {
            await rollback()
            throw error
        }
        try await commit()
        return value
    }

    private func begin(_ level: PostgresIsolation) async throws(PostgresError) {
        try await perform { session, cancellation throws(PostgresError) in
            _ = try session.script(
                "BEGIN ISOLATION LEVEL \(level.rawValue); SET LOCAL synchronous_commit = on", timeout: .seconds(10),
                cancellation: cancellation)
        }
    }

    private func commit() async throws(PostgresError) {
        let timeout = thread.configuration.statementTimeout
        try await perform(uncancellable: true) { session, _ throws(PostgresError) in
            do throws(PostgresError) {
                let result = try session.script("COMMIT", timeout: timeout, cancellation: nil)
                // The server answers ROLLBACK to the COMMIT of a transaction in which a statement had failed.
                guard result.command == "COMMIT" else {
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
        try? await perform(uncancellable: true) { session, _ throws(PostgresError) in
            do throws(PostgresError) {
                _ = try session.script("ROLLBACK", timeout: .seconds(5), cancellation: nil)
            } catch {
                session.abandon()
            }
        }
    }
}
