/// What time it is, and how to wait; tests bring their own.
package struct ClientClock: Sendable {
    /// Time since some moment before the first call; it never goes back.
    package var now: @Sendable () -> Duration
    /// Throws where the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    package static let system: ClientClock = {
        let start = ContinuousClock.now
        return ClientClock(now: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) })
    }()
}
