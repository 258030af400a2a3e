/// How long a cached key may be used.
///
/// It counts from the moment before the key was asked for, so that the answer's way is part of the key's life, and it
/// ends without exception: past `expires` the key is refused, whether or not key management can be reached.
struct CacheLifetime: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        case fresh
        /// Still served; a refresh is due in the background.
        case ageing
        case expired
    }

    /// When the key was asked for: what key management changed before is in it.
    let requested: BootTime
    /// From here on the key is refreshed in the background.
    let refreshes: BootTime
    /// From here on the key is refused.
    let expires: BootTime

    /// - Parameters:
    ///   - requested: when the key was asked for.
    ///   - ttl: life in seconds, the smaller of what the configuration and what key management allow.
    ///   - spread: 0…255, a random byte: the refresh is due after 60 to 80 % of the life, so that replicas do not ask
    /// together.
    init(requested: BootTime, ttl: UInt32, spread: UInt8) {
        let life = UInt64(ttl) * .nanosecondsPerSecond
        let percent = 60 + UInt64(spread) * 20 / 255
        self.requested = requested
        refreshes = requested.advanced(by: life / 100 * percent)
        expires = requested.advanced(by: life)
    }

    func phase(at now: BootTime) -> Phase {
        now >= expires ? .expired : now >= refreshes ? .ageing : .fresh
    }
}
