/// Limits how often one identity may make this service ask key management: a token bucket per identity.
///
/// A caller that sends forged version ids or walks through field names spends its own budget and nobody else's.
/// Identities are bounded by the certificates that the CA issued; past `identityLimit` the fullest bucket, which says
/// nothing, is forgotten.
struct MissBudget {
    private struct Bucket {
        var tokens: Double
        var filled: BootTime
    }

    private let burst: Double
    private let perSecond: Double
    private let identityLimit: Int
    private var buckets: [String: Bucket] = [:]

    /// - Parameters:
    ///   - burst: misses that an identity may cause at once.
    ///   - perSecond: misses a second that it may cause for ever.
    ///   - identityLimit: buckets that are remembered, at least 1.
    init(burst: Int, perSecond: Int, identityLimit: Int) {
        self.burst = Double(max(1, burst))
        self.perSecond = Double(max(1, perSecond))
        self.identityLimit = max(1, identityLimit)
    }

    var identities: Int { buckets.count }

    /// Takes one miss from the identity's budget.
    /// - Returns: false where nothing is left; nothing is taken then.
    mutating func spend(identity: String, at now: BootTime) -> Bool {
        var bucket = buckets[identity] ?? Bucket(tokens: burst, filled: now)
        bucket.tokens = tokens(of: bucket, at: now)
        bucket.filled = max(bucket.filled, now)
        let granted = bucket.tokens >= 1
        if granted { bucket.tokens -= 1 }
        if buckets[identity] == nil, buckets.count >= identityLimit { forgetFullest(at: now) }
        buckets[identity] = bucket
        return granted
    }

    private func tokens(of bucket: Bucket, at now: BootTime) -> Double {
        let seconds = Double(now.elapsed(since: bucket.filled)) / Double(UInt64.nanosecondsPerSecond)
        return min(burst, bucket.tokens + seconds * perSecond)
    }

    private mutating func forgetFullest(at now: BootTime) {
        let fullest = buckets.max { tokens(of: $0.value, at: now) < tokens(of: $1.value, at: now) }
        if let fullest { buckets.removeValue(forKey: fullest.key) }
    }
}
