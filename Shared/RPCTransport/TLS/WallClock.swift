#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The time of day.
public enum WallClock {
    /// Whole seconds since 1970.
    @Sendable public static func seconds() -> Int64 { Int64(time(nil)) }
}
