import Synchronization

/// Lets so many tests at once have databases that the server's connections suffice for all of them.
final class DatabaseTurns: Sendable {
    static let shared = DatabaseTurns(limit: 10)
    /// Whether this task's test has its turn: a second database does not wait for another.
    @TaskLocal private static var hasTurn = false

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(free: limit)) }

    func take(_ body: () async throws -> Void) async throws {
        if Self.hasTurn { return try await body() }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { pass() }
        try await Self.$hasTurn.withValue(true) { try await body() }
    }

    private func pass() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
