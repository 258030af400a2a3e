import Synchronization

/// When key management was last heard on the stream of changes. While it is silent nothing is known of rotations and
/// revocations, and no permission to seal is renewed.
final class SignsOfLife: Sendable {
    /// Nanoseconds after which the stream counts as silent: three signs of life that did not come.
    let patience: UInt64
    private let heard: Atomic<UInt64>

    /// - Parameter now: the start of the process, from which the first sign is waited for.
    init(at now: BootTime, patience: UInt64 = 15 * .nanosecondsPerSecond) {
        heard = Atomic(now.nanoseconds)
        self.patience = patience
    }

    func hear(at now: BootTime) { heard.store(now.nanoseconds, ordering: .releasing) }

    func areFresh(at now: BootTime) -> Bool {
        now.elapsed(since: BootTime(nanoseconds: heard.load(ordering: .acquiring))) < patience
    }
}
