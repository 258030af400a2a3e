internal import NIOPosix
internal import Synchronization

/// What became of a submitted batch.
enum SpoolOutcome: Sendable {
    case durable
    /// Relaxed mode: it found no room and was counted.
    case dropped
    case full, failed, closed

    var permitsAnswer: Bool { self == .durable || self == .dropped }
}

/// Takes batches from all event loops and tasks; one thread writes all that wait as one group with one fdatasync.
final class Spool: Sendable {
    private struct Submission {
        let batch: EventBatch
        /// Nothing is written after it.
        let isLast: Bool
        let completion: @Sendable (SpoolOutcome) -> Void
    }

    private struct Queue {
        var waiting: [Submission] = []
        var isRunning = false
        var isClosed = false
    }

    let batches = BatchPool()
    let index: SpoolIndex
    let epoch: EventIdentifier
    let ledger: EpochLedger
    private let limits: SpoolLimits
    private let fileSystem: any FileSystem
    /// Held as long as the spool is open.
    private let lock: any SpoolFile
    /// Microseconds since 1970-01-01 UTC.
    private let now: @Sendable () -> Int64
    private let onFailure: @Sendable (SpoolError) -> Void
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let queue = Mutex(Queue())
    /// Touched by `thread` alone, and before it is started.
    private nonisolated(unsafe) let writer: SpoolWriter
    private let isAdmitting = Atomic(true)
    private let hasFailed = Atomic(false)
    private let isTooOld = Atomic(false)
    private let dropped = Atomic<UInt64>(0)
    private let droppedEver = Atomic<UInt64>(0)

    /// `recovery` and `lock` are of the same directory, in this order after each other.
    init(
        producer: String, key: EpochKey, limits: SpoolLimits, fileSystem: any FileSystem, lock: any SpoolFile,
        recovery: SpoolRecovery, now: @escaping @Sendable () -> Int64,
        onFailure: @escaping @Sendable (SpoolError) -> Void
    ) {
        epoch = .random()
        ledger = EpochLedger(epoch: epoch)
        index = SpoolIndex(recovery.segments, acknowledged: recovery.acknowledgement)
        writer = SpoolWriter(
            fileSystem: fileSystem, index: index, ledger: ledger,
            builder: BlockBuilder(producer: producer, epoch: epoch), key: key, nextSegment: recovery.nextSegment,
            segmentBytes: limits.segmentBytes, maximumBytes: limits.maximumBytes)
        self.limits = limits
        self.fileSystem = fileSystem
        self.lock = lock
        self.now = now
        self.onFailure = onFailure
    }

    /// Writes the epoch's first batch on the calling thread, then takes others.
    func start(with batch: EventBatch) throws(SpoolError) {
        guard try writer.write([batch], dropped: 0) == .durable else {
            throw SpoolError(code: .noSpace, description: "audit spool: no room for the start of an epoch")
        }
        thread.start()
        refresh()
    }

    /// Whether work that must be recorded may begin.
    var isAccepting: Bool { isAdmitting.load(ordering: .relaxed) }

    /// Whether strangers may still write: they have the lower half of the spool.
    var hasRoomForStrangers: Bool {
        index.bytes < limits.maximumBytes / 2 && !isTooOld.load(ordering: .relaxed)
    }

    /// Items that were dropped and that no block has stated yet.
    var droppedItems: UInt64 { dropped.load(ordering: .relaxed) }

    var backlog: AuditBacklog {
        AuditBacklog(
            blocks: index.waitingBlocks, bytes: index.bytes, maximumBytes: limits.maximumBytes,
            age: .microseconds(age), isStrict: !limits.dropsWhenFull, isAccepting: isAccepting,
            dropped: droppedEver.load(ordering: .relaxed))
    }

    /// Of the oldest block that is not acknowledged.
    private var age: Int64 { index.waitingSince.map { max(0, now() &- $0) } ?? 0 }

    /// Hands a batch over. `completion` is called once, on any thread, in the order of the submissions.
    func submit(_ batch: EventBatch, completion: @escaping @Sendable (SpoolOutcome) -> Void) {
        enqueue(Submission(batch: batch, isLast: false, completion: completion))
    }

    /// Writes a last batch and takes no more.
    func close(with batch: EventBatch, completion: @escaping @Sendable (SpoolOutcome) -> Void) {
        enqueue(Submission(batch: batch, isLast: true, completion: completion))
    }

    /// Looks again whether there is room.
    func refresh() {
        let hasSpace = ((try? fileSystem.freeBytes()) ?? Int.max) > limits.headroom
        let hasRoom = index.bytes + limits.headroom <= limits.maximumBytes
        let isTooOld = age > limits.maximumAge
        self.isTooOld.store(isTooOld, ordering: .relaxed)
        let isClosed = queue.withLock { $0.isClosed }
        isAdmitting.store(
            !isClosed && !hasFailed.load(ordering: .relaxed)
                && (limits.dropsWhenFull || (hasSpace && hasRoom && !isTooOld)),
            ordering: .relaxed)
    }

    /// The process cannot go on: records may be lost.
    func fail(_ error: SpoolError) {
        hasFailed.store(true, ordering: .relaxed)
        isAdmitting.store(false, ordering: .relaxed)
        onFailure(error)
    }

    private func enqueue(_ submission: Submission) {
        let (isTaken, mustRun) = queue.withLock { queue in
            // What comes too late waits for its turn too, behind what comes just in time.
            guard !queue.isClosed || queue.isRunning else { return (false, false) }
            queue.isClosed = queue.isClosed || submission.isLast
            queue.waiting.append(submission)
            defer { queue.isRunning = true }
            return (true, !queue.isRunning)
        }
        guard isTaken else { return submission.completion(.closed) }
        if mustRun { thread.submit { _ in self.drain() } }
    }

    private func drain() {
        var isFinished = false
        while true {
            let waiting = queue.withLock { queue in
                defer { queue.waiting = [] }
                queue.isRunning = !queue.waiting.isEmpty
                return queue.waiting
            }
            guard !waiting.isEmpty else { return }
            let end = waiting.firstIndex { $0.isLast }.map { $0 + 1 } ?? waiting.count
            let group = isFinished ? waiting[..<0] : waiting[..<end]
            if !group.isEmpty {
                let outcome = write(group.map(\.batch), isLast: group.last?.isLast == true)
                for submission in group { submission.completion(outcome) }
            }
            for submission in waiting[group.endIndex...] { submission.completion(.closed) }
            for submission in waiting { batches.give(submission.batch) }
            refresh()
            if group.last?.isLast == true {
                isFinished = true
                finish()
            }
        }
    }

    private func write(_ group: [EventBatch], isLast: Bool) -> SpoolOutcome {
        guard !hasFailed.load(ordering: .relaxed) else { return .failed }
        // The end of an epoch is written whatever its age.
        if limits.dropsWhenFull, !isLast, isTooOld.load(ordering: .relaxed) { return drop(group) }
        let lost = dropped.load(ordering: .relaxed)
        do throws(SpoolError) {
            switch try writer.write(group, dropped: lost) {
            case .durable:
                if lost > 0 { dropped.subtract(lost, ordering: .relaxed) }
                return .durable
            case .full:
                return limits.dropsWhenFull ? drop(group) : .full
            }
        } catch {
            fail(error)
            return .failed
        }
    }

    private func drop(_ group: [EventBatch]) -> SpoolOutcome {
        let items = group.reduce(0) { $0 &+ $1.items }
        dropped.add(items, ordering: .relaxed)
        droppedEver.add(items, ordering: .relaxed)
        return .dropped
    }

    private func finish() {
        writer.finish()
        ledger.end()
        index.finish()
        thread.shutdownGracefully { _ in }
    }
}
