import Synchronization

@testable import EncryptionService

/// A clock that stands until it is moved.
final class TestClock: BootClock {
    private let time = Atomic<UInt64>(1_000 * .nanosecondsPerSecond)

    func now() -> BootTime { BootTime(nanoseconds: time.load(ordering: .relaxed)) }

    func advance(seconds: UInt64) {
        time.add(seconds * .nanosecondsPerSecond, ordering: .relaxed)
    }
}
