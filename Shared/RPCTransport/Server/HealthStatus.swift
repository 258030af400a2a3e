internal import Synchronization

/// What `grpc.health.v1.Health` says of each service. The empty name stands for the server as a whole.
public final class HealthStatus: Sendable {
    public enum Serving: UInt8, Sendable, Hashable {
        case serving = 1
        case notServing = 2
        /// Said by `Watch` alone, of a name that the server does not have.
        case unknownService = 3
    }

    private struct State {
        var serving: [String: Serving]
        var watchers: [UInt64: (service: String, updates: AsyncStream<Serving>.Continuation)] = [:]
        var nextWatcher: UInt64 = 0
    }

    private let state: Mutex<State>

    init(services: [String]) {
        var serving: [String: Serving] = ["": .serving]
        for service in services { serving[service] = .serving }
        state = Mutex(State(serving: serving))
    }

    /// Sets what is said of one service, or of the server where the name is empty; of all where it is nil. Names that the
    /// server does not have are ignored.
    public func set(_ serving: Serving, for service: String? = nil) {
        state.withLock { state in
            for name in service.map({ [$0] }) ?? Array(state.serving.keys) where state.serving[name] != nil {
                guard state.serving[name] != serving else { continue }
                state.serving[name] = serving
                for watcher in state.watchers.values where watcher.service == name { watcher.updates.yield(serving) }
            }
        }
    }

    /// What is said of a service; nil where the server does not have it.
    public func serving(_ service: String) -> Serving? { state.withLock { $0.serving[service] } }

    /// The state of a service now and after each change; a slow reader misses what lies between.
    func watch(_ service: String) -> AsyncStream<Serving> {
        let (updates, source) = AsyncStream<Serving>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = (service, source)
            source.yield(state.serving[service] ?? .unknownService)
            return state.nextWatcher
        }
        source.onTermination = { [weak self] _ in
            self?.state.withLock { state in _ = state.watchers.removeValue(forKey: id) }
        }
        return updates
    }
}
