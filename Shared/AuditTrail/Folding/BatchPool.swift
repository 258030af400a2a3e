internal import Synchronization

/// Empty batches, so that their buffers are used again.
final class BatchPool: Sendable {
    private static let retained = 64
    private let free = Mutex<[EventBatch]>([])

    func take() -> EventBatch {
        free.withLock { $0.popLast() } ?? EventBatch()
    }

    func give(_ batch: EventBatch) {
        batch.reset()
        free.withLock { free in
            if free.count < Self.retained { free.append(batch) }
        }
    }
}
