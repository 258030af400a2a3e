import Synchronization

/// Limits how often one identity may learn hashes of records, over all event loops: whoever could ask without end would find out
/// whose records stand in the log by trying all ids.
final class SearchBudget: Sendable {
    private static let burst = 20
    private static let perSecond = 1

    private let budget = Mutex(MissBudget(burst: burst, perSecond: perSecond, identityLimit: 10_000))

    /// - Returns: false where nothing is left.
    func spend(identity: String, at now: BootTime) -> Bool {
        budget.withLock { $0.spend(identity: identity, at: now) }
    }
}
