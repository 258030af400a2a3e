/// What is valid for a time only, fetched again ahead of its end; one fetch at a time, whoever asks.
actor Renewable<Value: Sendable> {
    struct Issued: Sendable {
        var value: Value
        /// Seconds since 1970; nil: until it is discarded.
        var validUntil: Int64?
    }

    private let now: @Sendable () -> Int64
    private let fetch: @Sendable (Value?) async throws -> Issued
    private var issued: (Issued, issue: Int, renewFrom: Int64)?
    private var issues = 0
    private var fetching: Task<Void, any Error>?

    /// - Parameter fetch: is given the last value while it is still valid, for what can be renewed.
    init(now: @escaping @Sendable () -> Int64, fetch: @escaping @Sendable (Value?) async throws -> Issued) {
        self.now = now
        self.fetch = fetch
    }

    /// The value and the number of its issue. Where fetching fails ahead of the end, the last value serves on.
    func current() async throws -> (value: Value, issue: Int) {
        if let (issued, issue, renewFrom) = issued, now() < renewFrom { return (issued.value, issue) }
        do {
            try await refresh()
        } catch {
            guard let (issued, issue, _) = issued, now() < issued.validUntil ?? .max else { throw error }
            return (issued.value, issue)
        }
        guard let (issued, issue, _) = issued else {
            throw MasterKeyError(code: .unavailable, description: "the credential was discarded while it was fetched")
        }
        return (issued.value, issue)
    }

    /// Forgets an issue that the provider refused; a newer one stays.
    func discard(issue: Int) {
        if issued?.issue == issue { issued = nil }
    }

    private func refresh() async throws {
        if let fetching { return try await fetching.value }
        let last = issued.flatMap { now() < $0.0.validUntil ?? .max ? $0.0.value : nil }
        // Of its own: a caller that gives up must not fail the others, who wait for the same fetch.
        let task = Task { store(try await fetch(last)) }
        fetching = task
        defer { fetching = nil }
        try await task.value
    }

    private func store(_ made: Issued) {
        issues += 1
        issued = (made, issues, made.validUntil.map { Self.renewal(of: $0, at: now()) } ?? .max)
    }

    /// Five minutes ahead, of short lives a fifth ahead.
    private static func renewal(of end: Int64, at now: Int64) -> Int64 {
        let life = max(0, end.subtractingReportingOverflow(now).partialValue)
        return end - min(300, life / 5)
    }
}
