import Synchronization

/// What a load brought: every selector that was asked for stands in one of the three.
struct LoadedKeys: Sendable {
    var entries: [KeySelector: FieldKeyEntry] = [:]
    var subjects: [KeySelector: SubjectKeyEntry] = [:]
    /// The hash key has no entry here; its failure has.
    var failures: [KeySelector: ItemFailure] = [:]
    /// Seals that were taken for the call while it waited, so that no other is before it.
    var seals: [KeySelector: ReservedSeals] = [:]

    /// Keys that an interrupted call asked for a second time are not there because others pushed them out.
    static let none = LoadedKeys()
}

/// Seals that were taken for a call. What it has not used goes back with the last reference, also where the call ended
/// while it waited.
final class ReservedSeals: Sendable {
    let budget: SealBudget
    private let left: Atomic<Int>

    init(_ count: Int, of budget: SealBudget) {
        self.budget = budget
        left = Atomic(count)
    }

    deinit { budget.giveBack(count) }

    var count: Int { left.load(ordering: .relaxed) }

    /// - Parameter used: at most `count`.
    func use(_ used: Int) { left.subtract(used, ordering: .relaxed) }
}
