import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import Logging
import ServiceLifecycle
import Synchronization

/// Follows what changes in key management, so that rotations and revocations reach the cache and every event loop at
/// once, and acknowledges what is in force here.
final class KeyFollower: Service, Sendable {
    /// Nanoseconds between two attempts to follow.
    private static let pauses: ClosedRange<Int64> = 50_000_000...5_000_000_000

    private let source: any KeySource
    private let loader: KeyLoader
    private let caches: EventLoopCaches
    private let signs: SignsOfLife
    private let clock: any BootClock
    private let logger: Logger
    /// Names this process.
    private let replica = ObjectID.random().bytes
    /// The revision up to which everything is in force here; 0 before the first message.
    private let applied = Atomic<UInt64>(0)

    init(
        source: any KeySource, loader: KeyLoader, caches: EventLoopCaches, signs: SignsOfLife, clock: any BootClock,
        logger: Logger
    ) {
        self.source = source
        self.loader = loader
        self.caches = caches
        self.signs = signs
        self.clock = clock
        self.logger = logger
    }

    var position: UInt64 { applied.load(ordering: .acquiring) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var backoff = Backoff(Self.pauses)
            var generator = SystemRandomNumberGenerator()
            while !Task.isCancelled {
                let before = self.position
                do {
                    try await self.follow()
                } catch {
                    let status = (error as? RPCStatus).map { "\($0.code)" } ?? "\(type(of: error))"
                    if !Task.isCancelled {
                        self.logger.notice("changes of keys are not followed", metadata: ["status": "\(status)"])
                    }
                }
                if self.position != before { backoff.attemptSucceeded() }
                let pause = backoff.attemptFailed(using: &generator)
                try? await Task.sleep(for: .nanoseconds(pause), clock: .continuous)
            }
        }
    }

    /// One stream, until it ends. It is read while earlier messages are still being applied, so that a long change does
    /// not pass for silence.
    func follow() async throws {
        let (messages, queue) = AsyncStream<Proto.KeyChanges>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { queue.finish() }
                for try await message in self.source.changes(after: self.position, replica: self.replica) {
                    self.signs.hear(at: self.clock.now())
                    queue.yield(message)
                }
            }
            for await message in messages { await self.apply(message) }
            try await group.waitForAll()
        }
    }

    /// Puts one message in force: keys that were revoked end at once, on every event loop; those that changed are loaded
    /// and then replaced. Acknowledges when nothing of before is used any more.
    func apply(_ message: Proto.KeyChanges) async {
        let isFirst = position == 0
        if message.lost { loader.revokeAll() }
        var changed: Set<KeySelector> = isFirst && !message.lost ? Set(loader.store.selectors()) : []
        var isRevoked = message.lost
        // What was loaded before the stream began may be older than changes that it does not tell of.
        if isFirst {
            loader.forgetSubjects()
            isRevoked = true
        }
        for change in message.changes {
            switch change.kind {
            case .keyRevoked:
                loader.revoke(KeySelector(field: change.field, version: change.version))
                isRevoked = true
            case .keyAdded: changed.insert(.active(change.field))
            case .fieldChanged:
                changed.formUnion(loader.store.selectors().filter { $0.field == change.field })
                changed.insert(.active(change.field))
            case .auditHashChanged: changed.insert(.auditHash)
            case .subjectErased:
                if let id = ObjectID(bytes: change.subjectKeyID) { loader.subjectErased(id) }
                isRevoked = true
            case .subjectsSuperseded:
                loader.forgetSubjects()
                isRevoked = true
            case .unspecified: break
            }
        }
        if isRevoked { await caches.renew() }
        if !changed.isEmpty {
            await loader.reload(changed)
            await caches.renew()
        }
        guard message.position != position || message.lost else { return }
        applied.store(message.position, ordering: .releasing)
        do throws(ItemFailure) {
            try await source.acknowledge(message.position, replica: replica)
        } catch {
            logger.warning("changes of keys were not acknowledged", metadata: ["cause": "\(error.cause)"])
        }
    }
}
