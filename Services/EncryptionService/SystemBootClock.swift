#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The machine's clock that counts the time asleep.
struct SystemBootClock: BootClock {
    @inline(__always)
    func now() -> BootTime {
        var time = timespec()
        #if canImport(Glibc)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return BootTime(
            nanoseconds: UInt64(clamping: time.tv_sec) &* .nanosecondsPerSecond &+ UInt64(clamping: time.tv_nsec))
    }
}
