/// A lock of the database by name: what must be done by one replica at a time.
extension PostgresConnection {
    /// Waits for the lock; it is released when the transaction ends. Only inside a transaction.
    public func lockUntilCommit(_ name: String, timeout: Duration? = nil) async throws(PostgresError) {
        try await query(.lockUntilCommit(name), timeout: timeout)
    }

    /// Takes the lock if it is free; it is released when the transaction ends. Only inside a transaction.
    public func tryLockUntilCommit(_ name: String) async throws(PostgresError) -> Bool {
        try await query("SELECT pg_try_advisory_xact_lock(hashtextextended(\(name), 0)) AS taken").single().value(
            "taken")
    }

    /// Waits for the lock, which the connection then holds while `body` runs: it is lost with the connection, so guard
    /// what `body` writes by the state it expects.
    public func withLock<Value>(
        _ name: String, timeout: Duration? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        try await query("SELECT pg_advisory_lock(hashtextextended(\(name), 0))", timeout: timeout)
        return try await holding(name, body)
    }

    /// The same where the lock is free; nil where another session holds it.
    public func withLockIfFree<Value>(
        _ name: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value? {
        let row = try await query("SELECT pg_try_advisory_lock(hashtextextended(\(name), 0)) AS taken").single()
        guard try row.value("taken", as: Bool.self) else { return nil }
        return try await holding(name, body)
    }

    private func holding<Value>(
        _ name: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> sending Value
    ) async throws -> sending Value {
        let value: Value
        do {
            value = try await body(self)
        } catch {
            await unlock(name)
            throw error
        }
        await unlock(name)
        return value
    }

    private func unlock(_ name: String) async {
        let query: PostgresQuery = "SELECT pg_advisory_unlock(hashtextextended(\(name), 0)) AS released"
        try? await perform(uncancellable: true) { session, _ throws(PostgresError) in
            let rows = try? PostgresRows(session.query(query, timeout: .seconds(5), cancellation: nil))
            let released: Bool? = try? rows?.single().value("released")
            if released != true { session.abandon() }
        }
    }
}

extension PostgresQuery {
    /// Waits for the lock of this name; it is released when the transaction ends. Only inside a transaction.
    public static func lockUntilCommit(_ name: String) -> PostgresQuery {
        "SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))"
    }
}
