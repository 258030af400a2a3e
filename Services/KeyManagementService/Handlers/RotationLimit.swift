import Synchronization

/// How often one identity may rotate keys, on this replica: a caller that loops does not fill the store with versions.
final class RotationLimit: Sendable {
    private let burst: Int64
    private let refillMicroseconds: Int64
    /// Identities come from the policy, so their number is bounded.
    private let buckets = Mutex<[String: TokenBucket]>([:])

    /// A burst of 200, and one more every half second.
    init(burst: Int64 = 200, refillMicroseconds: Int64 = 500_000) {
        self.burst = burst
        self.refillMicroseconds = refillMicroseconds
    }

    func admit(_ identity: String, nowUnixUs: Int64) throws(KeyServiceError) {
        let isAdmitted = buckets.withLock { buckets in
            buckets[
                identity,
                default: TokenBucket(
                    capacity: burst, refillMicroseconds: refillMicroseconds, nowUnixUs: nowUnixUs)
            ].take(nowUnixUs: nowUnixUs)
        }
        guard isAdmitted else { throw .tooOften }
    }
}
