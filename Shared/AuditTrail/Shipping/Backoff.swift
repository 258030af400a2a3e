/// Growing pauses between attempts: doubled from 100 ms to 30 s, each shortened by up to a half at random.
struct Backoff {
    private var failures = 0

    mutating func reset() { failures = 0 }

    mutating func next() -> Duration {
        let full = min(30_000, 100 << min(failures, 12))
        failures += 1
        return .milliseconds(Int.random(in: (full / 2)...full))
    }
}
