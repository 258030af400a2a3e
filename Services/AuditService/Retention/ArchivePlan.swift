/// The rows of a month that stand in the database.
struct MonthSpan: Hashable, Sendable {
    let month: LogMonth
    /// Positions of its first and last block; nil: it has none.
    let positions: ClosedRange<Int64>?
}

/// Months that are archived together: what they hold is a beginning of what the database holds.
struct ArchivePlan: Hashable, Sendable {
    let months: [LogMonth]
    /// Positions of their blocks; nil: they have none.
    let positions: ClosedRange<Int64>?

    /// What is to be archived next; nil: nothing yet.
    ///
    /// Months are archived from the oldest on, so that the tree's kept leaves are its end: a month on hold keeps those behind
    /// it, too. Usually it is a single one. Where a clock that went back has mixed the blocks of months, it is all of them or none.
    ///
    /// - Parameters:
    ///   - kept: the months of the database, the oldest first.
    ///   - boundary: positions up to this one may be archived: they are published, proofs need their leaves no more, and the
    ///     rules of the security alerts have seen them.
    init?(kept: [MonthSpan], before limit: LogMonth, holds: [ClosedRange<LogMonth>], boundary: Int64) {
        let due = kept.prefix { span in span.month < limit && !holds.contains { $0.contains(span.month) } }
        var (months, positions): ([LogMonth], ClosedRange<Int64>?) = ([], nil)
        for (place, span) in due.enumerated() {
            months.append(span.month)
            if let own = span.positions {
                positions =
                    positions.map { min($0.lowerBound, own.lowerBound)...max($0.upperBound, own.upperBound) } ?? own
            }
            let end = positions?.upperBound ?? 0
            guard end <= boundary else { return nil }
            if kept[(place + 1)...].allSatisfy({ $0.positions.map { $0.lowerBound > end } ?? true }) {
                (self.months, self.positions) = (months, positions)
                return
            }
        }
        return nil
    }
}
