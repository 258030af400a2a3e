/// When a destination is tried again, when its alerts are given up, and how many it gets. Times are microseconds.
public struct DeliveryPolicy: Equatable, Sendable {
    /// Limit of one attempt; who holds a claim twice as long has crashed.
    public static let longestAttempt = Duration.seconds(30)
    static let claim: Int64 = 60 * second
    static let second: Int64 = 1_000_000

    /// An alert older than this is given up when the destination fails.
    public var maximumAge: Int64 = 3 * 86_400 * second
    public var firstPause: Int64 = 5 * second
    public var longestPause: Int64 = 15 * 60 * second
    /// After a refusal, which does not pass by waiting.
    public var refusedPause: Int64 = 60 * 60 * second
    /// Alerts in a row.
    public var burst: Int64 = 30
    /// Time in which one more may go.
    public var refill: Int64 = 20 * second
    /// Alerts older than this are deleted.
    public var retention: Int64 = 90 * 86_400 * second
    /// Within this time equal alerts fold into one.
    public var fold: Int64 = AlertQueue.standardFold

    public init() {}

    /// - Parameters:
    ///   - failures: in a row, this one included.
    ///   - random: a number of the range.
    func pause(failures: Int, code: DeliveryFailure.Code, random: (ClosedRange<Int64>) -> Int64) -> Int64 {
        let doubled = firstPause << Int64(min(max(failures - 1, 0), 20))
        let whole = code == .unavailable ? min(doubled, longestPause) : refusedPause
        return random(whole / 2...whole)
    }
}

/// How many alerts a destination may still get: a bucket of tokens that is kept with its state, so that replicas share it.
struct DeliveryRate: Equatable, Sendable {
    var tokens: Int64
    var atUnixUs: Int64

    /// Takes a token; false where there is none.
    mutating func take(nowUnixUs: Int64, policy: DeliveryPolicy) -> Bool {
        let gained = max(0, nowUnixUs - atUnixUs) / max(1, policy.refill)
        if tokens + gained >= policy.burst {
            self = DeliveryRate(tokens: policy.burst, atUnixUs: nowUnixUs)
        } else {
            tokens += gained
            atUnixUs += gained * policy.refill
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }
}
