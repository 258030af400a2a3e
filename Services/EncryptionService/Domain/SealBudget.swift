import Synchronization

/// How many values may still be sealed under one version of a key, by what was leased of key management; shared by all
/// event loops, and kept as long as the version is the active one here.
///
/// What is taken counts as used, whether or not a value comes of it. Event loops take slices, so that they do not fight
/// over the number. Nothing is handed back to key management.
final class SealBudget: Sendable {
    private static let largestSlice = 256

    private let left = Atomic<Int>(0)
    /// Below it more are leased ahead.
    private let low = Atomic<Int>(0)
    private let renewal: Mutex<Renewal>

    private struct Renewal {
        var size: LeaseSize
        var isUnderWay = false
        /// Not before, after a failure.
        var retries: BootTime?
        /// Until then key management is not asked: it has no more.
        var exhausted: BootTime?
    }

    init(size: LeaseSize = LeaseSize()) {
        renewal = Mutex(Renewal(size: size))
    }

    var remaining: Int { left.load(ordering: .relaxed) }

    /// What the next version of the field begins with.
    var size: LeaseSize { renewal.withLock { $0.size } }

    /// Takes `count`, and a slice more while there is plenty.
    /// - Returns: how many; nil where fewer than `count` are left.
    func takeSlice(atLeast count: Int) -> Int? {
        var current = remaining
        while current >= count {
            let taken = max(count, min(Self.largestSlice, current / 16))
            let (exchanged, original) = left.weakCompareExchange(
                expected: current, desired: current - taken, ordering: .relaxed)
            if exchanged { return taken }
            current = original
        }
        return nil
    }

    /// Takes exactly `count`.
    /// - Returns: false where fewer are left.
    func take(_ count: Int) -> Bool {
        guard let taken = takeSlice(atLeast: count) else { return false }
        giveBack(taken - count)
        return true
    }

    /// What was taken ahead and was not used.
    func giveBack(_ count: Int) {
        if count > 0 { left.add(count, ordering: .relaxed) }
    }

    /// Whether more than half of the last lease is left, and enough for what waits.
    func hasPlenty(for waiting: Int) -> Bool {
        let left = remaining
        return left > 0 && left >= low.load(ordering: .relaxed) && left >= waiting
    }

    /// Whether more are to be leased ahead: said once until the renewal has ended.
    func startRenewal(at now: BootTime) -> Bool {
        guard remaining < low.load(ordering: .relaxed) else { return false }
        return renewal.withLock { renewal in
            guard !renewal.isUnderWay, now >= renewal.retries ?? now, now >= renewal.exhausted ?? now else {
                return false
            }
            renewal.isUnderWay = true
            return true
        }
    }

    /// A renewal has ended, well or not.
    /// - Parameter retries: when it may be tried again; nil: at once.
    func endRenewal(retries: BootTime?) {
        renewal.withLock { renewal in
            renewal.isUnderWay = false
            renewal.retries = retries
        }
    }

    /// Key management has no more seals of the version.
    func noteExhaustion(until time: BootTime) { renewal.withLock { $0.exhausted = time } }

    func isExhausted(at now: BootTime) -> Bool {
        renewal.withLock { now < $0.exhausted ?? now }
    }

    /// How many seals to ask for next.
    /// - Parameter waiting: what calls wait for.
    func nextLease(at now: BootTime, waiting: Int) -> UInt32 {
        size.next(at: now).count(with: waiting)
    }

    /// So many more were leased.
    func add(_ count: UInt32, at now: BootTime) {
        guard count > 0 else { return }
        left.add(Int(count), ordering: .relaxed)
        low.store(Int(count) / 2, ordering: .relaxed)
        renewal.withLock { renewal in
            renewal.size = renewal.size.next(at: now)
            renewal.exhausted = nil
        }
    }
}
