import Glibc

/// The time of day.
enum UnixClock {
    /// Microseconds since 1970.
    @Sendable static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
