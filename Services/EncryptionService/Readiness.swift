import FieldsealRPCTransport
import Synchronization

/// Says in the health service whether calls can be served: not before key management was reached for the first time.
final class Readiness: Sendable {
    private struct State {
        var health: HealthStatus?
        var isReady = false
    }

    private let state = Mutex(State())

    func connect(_ health: HealthStatus) {
        state.withLock { state in
            state.health = health
            health.set(state.isReady ? .serving : .notServing)
        }
    }

    func set(_ isReady: Bool) {
        state.withLock { state in
            guard isReady != state.isReady else { return }
            state.isReady = isReady
            state.health?.set(isReady ? .serving : .notServing)
        }
    }
}
