/// How many seals are leased at a time: the least at first, four times as many after a lease that was used up within the
/// hour, and a quarter after one that lasted for more than a day. A busy field leases seldom, and an idle one, or one whose
/// process is restarted often, does not use up its key.
struct LeaseSize: Equatable, Sendable {
    static let bounds: ClosedRange<UInt32> = 1_024...(1 << 22)
    private static let short = 3_600 * UInt64.nanosecondsPerSecond
    private static let long = 24 * short

    private(set) var count = bounds.lowerBound
    /// The time of the last lease.
    private var since: BootTime?

    /// The size of a lease now.
    func next(at now: BootTime) -> LeaseSize {
        var next = self
        next.since = now
        guard let age = since.map(now.elapsed(since:)) else { return next }
        if age < Self.short {
            next.count = min(Self.bounds.upperBound, count * 4)
        } else if age > Self.long {
            next.count = max(Self.bounds.lowerBound, count / 4)
        }
        return next
    }

    /// What is asked for where calls wait for `waiting` seals.
    func count(with waiting: Int) -> UInt32 {
        UInt32(min(Int(Self.bounds.upperBound), Int(count) + waiting))
    }
}
