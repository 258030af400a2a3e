/// The pauses between attempts to connect: doubling from the shortest to the longest, each cut by up to a half at random.
public struct Backoff: Sendable {
    /// Nanoseconds.
    public let range: ClosedRange<Int64>
    private var current: Int64

    /// - Parameter range: the shortest and the longest pause in nanoseconds, both above 0.
    public init(_ range: ClosedRange<Int64>) {
        precondition(range.lowerBound > 0)
        self.range = range
        current = range.lowerBound
    }

    /// An attempt failed: the pause before the next, in nanoseconds.
    public mutating func attemptFailed<G: RandomNumberGenerator>(using generator: inout G) -> Int64 {
        let pause = Int64.random(in: (current - current / 2)...current, using: &generator)
        current = current > range.upperBound / 2 ? range.upperBound : current * 2
        return pause
    }

    /// An attempt succeeded: the pauses begin anew.
    public mutating func attemptSucceeded() { current = range.lowerBound }
}
