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

    /// The call does not use what was taken for it.
    func release() {
        for seals in seals.values { seals.budget.giveBack(seals.count) }
    }
}

struct ReservedSeals: Sendable {
    let budget: SealBudget
    var count: Int
}
