/// When a call is tried again, and after what time.
///
/// Delays are exponential with full jitter: before attempt n + 1 a random part of `base` · 2^(n − 1), at most `cap`. A
/// server's `Retry-After` in seconds is waited for in full, and jitter is added to it.
public struct HTTPRetries: Sendable {
    public enum Outcome: Sendable {
        case failed(HTTPCallError)
        case answered(HTTPResponse)
    }

    public var maximumAttempts: Int
    public var base: Duration
    public var cap: Duration
    /// Whether a further attempt may help, and does no harm.
    public var isWorthwhile: @Sendable (Outcome) -> Bool

    public init(
        maximumAttempts: Int = 4, base: Duration = .milliseconds(200), cap: Duration = .seconds(5),
        isWorthwhile: @escaping @Sendable (Outcome) -> Bool = HTTPRetries.isTransient
    ) {
        self.maximumAttempts = maximumAttempts
        self.base = base
        self.cap = cap
        self.isWorthwhile = isWorthwhile
    }

    public static let none = HTTPRetries(maximumAttempts: 1)

    /// No connection or a broken one, 429, 500, 502, 503 and 504: for calls that may be repeated.
    @Sendable public static func isTransient(_ outcome: Outcome) -> Bool {
        switch outcome {
        case .failed(let error): error.code == .unreachable
        case .answered(let response): [429, 500, 502, 503, 504].contains(response.status)
        }
    }

    /// - Parameters:
    ///   - attempt: the one that just ended, from 1.
    ///   - fraction: random, 0 up to 1.
    func delay(after attempt: Int, outcome: Outcome, fraction: Double) -> Duration {
        let longest = min(cap, base * (1 << min(attempt - 1, 20)))
        let jitter = longest * fraction
        guard case .answered(let response) = outcome, let asked = Self.retryAfter(response) else { return jitter }
        return asked + jitter
    }

    /// `Retry-After` as whole seconds (RFC 9110, section 10.2.3); the form with a date is left aside.
    static func retryAfter(_ response: HTTPResponse) -> Duration? {
        guard let text = response.header("retry-after"), let seconds = UInt32(text) else { return nil }
        return .seconds(Int(seconds))
    }
}

/// Time and chance, injected so that tests of retries take no time.
public struct HTTPPacing: Sendable {
    /// Monotonic, since any fixed moment.
    public var now: @Sendable () -> Duration
    public var sleep: @Sendable (Duration) async throws -> Void
    /// 0 up to 1.
    public var fraction: @Sendable () -> Double

    public init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void,
        fraction: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.fraction = fraction
    }

    private static let start = ContinuousClock.now

    public static let system = HTTPPacing(
        now: { start.duration(to: .now) }, sleep: { try await Task.sleep(for: $0) },
        fraction: { Double.random(in: 0..<1) })
}
