internal import Synchronization

/// A connection lent by a pool, valid inside the closure that received it. Statements are carried out one after the other.
public final class PostgresConnection: Sendable {
    let thread: ConnectionThread
    private let isReturned = Atomic(false)
    private let posted = Mutex<[PostgresQuery]>([])

    init(_ thread: ConnectionThread) { self.thread = thread }

    /// Carries out a statement. Its rows are in memory when this returns: bound them by LIMIT.
    ///
    /// - Parameter timeout: after this time the statement is cancelled and `timeout` thrown.
    @discardableResult
    public func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws(PostgresError) -> PostgresRows {
        let before = takePosted()
        if !before.isEmpty, let rows = try await send(before + [query], timeout).last { return rows }
        let timeout = timeout ?? thread.configuration.statementTimeout
        return try await perform { session, cancellation throws(PostgresError) in
            PostgresRows(try session.query(query, timeout: timeout, cancellation: cancellation))
        }
    }

    /// Sends all statements before it reads the first answer; their results in order. Outside a transaction they are one
    /// transaction; inside one, a failure aborts it. The first failure is thrown.
    public func pipeline(_ queries: [PostgresQuery], timeout: Duration? = nil) async throws(PostgresError)
        -> [PostgresRows]
    {
        guard !queries.isEmpty else { return [] }
        let before = takePosted()
        return Array(try await send(before + queries, timeout).dropFirst(before.count))
    }

    /// Within a transaction: carries out a statement with the next one, or with COMMIT, in its round trip. A failure is
    /// thrown there; what is read from then on sees what it did. Outside a transaction it is carried out at once.
    public func post(_ query: PostgresQuery) async throws(PostgresError) {
        guard !isReturned.load(ordering: .acquiring) else { throw PostgresError(.closed) }
        guard thread.status == .inTransaction else {
            try await self.query(query)
            return
        }
        posted.withLock { $0.append(query) }
    }

    /// What was posted and is not sent yet; the caller sends it, or gives it up.
    func takePosted() -> [PostgresQuery] {
        posted.withLock { posted in
            defer { posted = [] }
            return posted
        }
    }

    private func send(_ queries: [PostgresQuery], _ timeout: Duration?) async throws(PostgresError) -> [PostgresRows] {
        let timeout = timeout ?? thread.configuration.statementTimeout
        return try await perform { session, cancellation throws(PostgresError) in
            try session.pipeline(queries, timeout: timeout, cancellation: cancellation).map { PostgresRows($0) }
        }
    }

    private func sendPosted() async throws(PostgresError) {
        let before = takePosted()
        if !before.isEmpty { _ = try await send(before, nil) }
    }

    /// Inserts many rows by COPY. A value's type must be exactly its column's. Answers the number of rows.
    public func copy(
        _ rows: some Sequence<[PostgresValue]> & Sendable, into table: String, columns: [String],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        try await sendPosted()
        let timeout = timeout ?? thread.configuration.statementTimeout
        return try await perform { session, cancellation throws(PostgresError) in
            try session.copy(rows, into: table, columns: columns, timeout: timeout, cancellation: cancellation)
        }
    }

    /// Carries out several statements without parameters, as one transaction unless they hold their own.
    public func script(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) {
        try await sendPosted()
        let timeout = timeout ?? thread.configuration.statementTimeout
        try await perform { session, cancellation throws(PostgresError) in
            _ = try session.script(sql, timeout: timeout, cancellation: cancellation)
        }
    }

    /// Wakes the listeners of a channel when the transaction commits. The payload holds less than 8,000 bytes.
    public func notify(_ channel: String, payload: String = "") async throws(PostgresError) {
        try await query(.notify(channel, payload: payload))
    }

    func perform<Value: Sendable>(
        uncancellable: Bool = false, _ body: @escaping @Sendable (Session, Cancellation) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        guard !isReturned.load(ordering: .acquiring) else { throw PostgresError(.closed) }
        return try await thread.perform(uncancellable: uncancellable, body)
    }

    func end() { isReturned.store(true, ordering: .releasing) }
}
