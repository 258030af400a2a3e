/// How often the values of a column stand in it: how many there are of each frequency, and no value itself.
struct ValueDistribution: Equatable, Sendable {
    /// So many values that stand in so many rows each.
    struct Group: Equatable, Sendable {
        var rows: UInt64
        var values: UInt64
    }

    /// The most frequent values first; each frequency once.
    var groups: [Group]
    /// Rows without a value.
    var nulls: UInt64 = 0

    /// Rows with a value.
    var rows: UInt64 { groups.reduce(0) { $0 + $1.rows * $1.values } }
    /// Different values.
    var values: UInt64 { groups.reduce(0) { $0 + $1.values } }

    /// The parts of the rows that hold each of the most frequent values.
    func shares(ofMostFrequent count: Int) -> [Double] {
        var shares: [Double] = []
        for group in groups {
            let some = min(Int(clamping: group.values), count - shares.count)
            shares += [Double](repeating: Double(group.rows) / Double(rows), count: some)
            if shares.count == count { break }
        }
        return shares
    }

    /// How probable it is that two rows hold the same value.
    var concentration: Double {
        groups.reduce(0) { sum, group in
            let share = Double(group.rows) / Double(rows)
            return sum + share * share * Double(group.values)
        }
    }
}
