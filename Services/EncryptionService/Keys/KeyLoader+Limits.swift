extension KeyLoader {
    /// What bounds the loads. Times are in nanoseconds of the cache's clock.
    struct Limits: Sendable {
        /// Seconds that a key is kept at most, whatever key management allows.
        var ttl: UInt32 = 300
        /// Selectors in one call to key management.
        var selectorsPerCall = 64
        /// Selectors under way.
        var flights = 4_096
        /// Waiting (call, selector) pairs.
        var waiters = 65_536
        /// What key management does not know.
        var negativeCapacity = 16_384
        var negativeTTL: UInt64 = 5 * .nanosecondsPerSecond
        /// Misses of one identity: at once, and a second for ever.
        var missBurst = 2_000
        var missesPerSecond = 100
        var identities = 4_096
        /// Time between two attempts to refresh one key.
        var refreshInterval: UInt64 = 2 * .nanosecondsPerSecond
    }
}
