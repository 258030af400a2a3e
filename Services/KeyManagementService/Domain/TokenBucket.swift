/// Allows bursts, and a steady rate over time. The clock is the caller's.
struct TokenBucket: Sendable, Equatable {
    let capacity: Int64
    /// Microseconds in which one token comes back.
    let refill: Int64
    private var tokens: Int64
    private var last: Int64

    init(capacity: Int64, refillMicroseconds: Int64, nowUnixUs: Int64) {
        self.capacity = capacity
        refill = refillMicroseconds
        tokens = capacity
        last = nowUnixUs
    }

    /// Takes one token; false where none is left. A clock that goes back gives none.
    mutating func take(nowUnixUs: Int64) -> Bool {
        let gained = max(0, nowUnixUs - last) / refill
        if tokens + gained >= capacity {
            tokens = capacity
            last = nowUnixUs
        } else {
            tokens += gained
            last += gained * refill
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }
}
