/// A point on `CLOCK_BOOTTIME`: it never steps back, and it counts the time that the machine slept.
struct BootTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the machine started.
    var nanoseconds: UInt64

    static func < (left: BootTime, right: BootTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The point `nanoseconds` later; the end of time where that cannot be represented.
    func advanced(by nanoseconds: UInt64) -> BootTime {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return BootTime(nanoseconds: overflow ? .max : sum)
    }

    /// Nanoseconds that have passed since `earlier`; 0 where `earlier` is not earlier.
    func elapsed(since earlier: BootTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

/// Where the cache takes its time from.
protocol BootClock: Sendable {
    func now() -> BootTime
}

extension UInt64 {
    /// Nanoseconds of a second.
    static let nanosecondsPerSecond: UInt64 = 1_000_000_000
}
