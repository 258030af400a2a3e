import Synchronization

/// Counts those who are inside, and lets no more than so many in.
final class Turnstile: Sendable {
    private let maximum: Int
    private let inside = Mutex(0)

    init(maximum: Int) { self.maximum = maximum }

    /// Whoever is let in has to leave.
    func enter() -> Bool {
        inside.withLock { inside in
            guard inside < maximum else { return false }
            inside += 1
            return true
        }
    }

    func leave() { inside.withLock { $0 -= 1 } }
}
