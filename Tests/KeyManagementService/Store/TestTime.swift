import Synchronization

/// A clock of key management that stands until it is moved; microseconds since 1970.
final class TestTime: Sendable {
    private let time: Atomic<Int64>

    init(_ start: Int64 = 1_800_000_000_000_000) { time = Atomic(start) }

    var now: Int64 { time.load(ordering: .relaxed) }

    func advance(seconds: Int64) { time.add(seconds * 1_000_000, ordering: .relaxed) }
}
