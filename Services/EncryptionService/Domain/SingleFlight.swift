/// Joins the callers that miss the same thing, so that it is asked for once.
///
/// A state machine without lock or clock. A flight begins with its first waiter and ends with `land`, which hands back
/// everybody who joined meanwhile.
struct SingleFlight<Key: Hashable, Waiter> {
    enum Decision: Equatable {
        /// The caller starts the load and lands it.
        case start
        /// Somebody has started it.
        case join
        /// Too many loads or waiters: nothing was noted.
        case refuse
    }

    private let flightLimit: Int
    private let waiterLimit: Int
    private var flights: [Key: [Waiter]] = [:]
    private(set) var waiting = 0

    /// - Parameters:
    ///   - flightLimit: how many different keys may be under way.
    ///   - waiterLimit: how many waiters may stand over all flights.
    init(flightLimit: Int, waiterLimit: Int) {
        self.flightLimit = flightLimit
        self.waiterLimit = waiterLimit
    }

    var underWay: Int { flights.count }

    func isUnderWay(_ key: Key) -> Bool { flights[key] != nil }

    /// Who has joined so far.
    func waiters(for key: Key) -> [Waiter] { flights[key] ?? [] }

    mutating func join(_ key: Key, waiter: Waiter) -> Decision {
        guard waiting < waiterLimit else { return .refuse }
        if flights[key]?.append(waiter) != nil {
            waiting += 1
            return .join
        }
        guard flights.count < flightLimit else { return .refuse }
        flights[key] = [waiter]
        waiting += 1
        return .start
    }

    /// Begins a flight that nobody waits for.
    /// - Returns: whether the caller has to start the load.
    mutating func startUnattended(_ key: Key) -> Bool {
        guard flights[key] == nil, flights.count < flightLimit else { return false }
        flights[key] = []
        return true
    }

    /// The load has ended.
    /// - Returns: who waited for it, in the order of joining.
    mutating func land(_ key: Key) -> [Waiter] {
        let waiters = flights.removeValue(forKey: key) ?? []
        waiting -= waiters.count
        return waiters
    }
}

extension SingleFlight: Sendable where Key: Sendable, Waiter: Sendable {}
