#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What blind indexes of several lengths would cost and show, for a column with these values.
struct IndexPlan: Sendable {
    /// An equality index of so many bits.
    struct Choice: Equatable, Sendable {
        var bits: Int
        /// Rows with other values that a search finds, and opens in vain, on average over rows.
        var falsePositives: Double
        /// Values that share an index value, on average; the k of k-anonymity is at least 1.
        var valuesTogether: Double
        /// The part of the values that share their index value with no other.
        var alone: Double
        /// Values so frequent that they stand out from the rows that share an index value by chance.
        var standingOut: UInt64
    }

    /// Sought as a needle: an index of so many bits finds nothing else, and can be unique.
    static let exactBits = 128
    /// Frequent values that are told one by one.
    static let mostFrequent = 5

    let distribution: ValueDistribution
    let choices: [Choice]
    /// The choice that hides as much as is to be had without searches that find much else.
    let recommended: Int

    /// Nil where the column has no values.
    init?(_ distribution: ValueDistribution) {
        guard distribution.rows > 0 else { return nil }
        self.distribution = distribution
        recommended = Self.recommendedBits(distribution)
        let bits = Set([
            recommended - 4, recommended - 2, recommended, recommended + 2, recommended + 4, Self.exactBits,
        ])
        choices = bits.filter { $0 > 0 }.sorted().map { Choice($0, distribution) }
    }

    /// As many bits as leave two values to an index value on average, but no fewer than keep what is found in vain below the
    /// square root of the rows: beyond that a search costs more than it hides.
    private static func recommendedBits(_ distribution: ValueDistribution) -> Int {
        let (rows, values) = (Double(distribution.rows), Double(distribution.values))
        let hiding = Int(log2(values).rounded(.down)) - 1
        let others = rows * (1 - distribution.concentration)
        let affordable = others > 1 ? Int((log2(others) - log2(rows) / 2).rounded(.up)) : 1
        return min(max(1, hiding, affordable), exactBits)
    }
}

extension IndexPlan.Choice {
    init(_ bits: Int, _ distribution: ValueDistribution) {
        let places = exp2(Double(bits))
        let (rows, values) = (Double(distribution.rows), Double(distribution.values))
        // Rows of other values that fall upon one index value; by three standard deviations more, a value stands out.
        let chance = rows / places
        let noise = chance + 3 * chance.squareRoot()
        self.init(
            bits: bits, falsePositives: rows * (1 - distribution.concentration) / places,
            valuesTogether: 1 + (values - 1) / places, alone: exp((values - 1) * log1p(-1 / places)),
            standingOut: distribution.groups.filter { $0.rows > 1 && Double($0.rows) > noise }.reduce(0) {
                $0 + $1.values
            })
    }
}
