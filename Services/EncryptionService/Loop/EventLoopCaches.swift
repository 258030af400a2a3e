import NIOCore
import Synchronization

/// What the event loops keep of keys, all of them.
final class EventLoopCaches: Sendable {
    private let caches = Mutex<[(loop: any EventLoop, renew: @Sendable () -> Void)]>([])

    /// - Parameter renew: drops what the store does not hold any more; called on `loop`.
    func add(_ loop: any EventLoop, renew: @escaping @Sendable () -> Void) {
        caches.withLock { $0.append((loop, renew)) }
    }

    /// Has every loop drop what the store does not hold any more. When this returns no call uses it, since a call that is
    /// at work holds its loop. A loop that has been shut down serves no calls.
    func renew() async {
        let renewals = caches.withLock { $0.map { cache in cache.loop.submit(cache.renew) } }
        for renewal in renewals { try? await renewal.get() }
    }
}
