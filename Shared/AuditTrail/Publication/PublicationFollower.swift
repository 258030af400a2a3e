internal import FieldsealTransparencyLog
internal import Logging
internal import NIOPosix
internal import Synchronization

/// Has the log prove that acknowledged blocks stand in a published checkpoint, and trims the spool of those that do.
final class PublicationFollower: Sendable {
    /// Between two questions while a checkpoint is awaited.
    private static let beat = Duration.milliseconds(500)

    private struct Leaf {
        let sequence: UInt64
        let hash: TreeHash
    }

    private let policy: LogPolicy
    private let prover: any BlockProver
    private let index: SpoolIndex
    private let fileSystem: any FileSystem
    private let backlog: BacklogReader
    private let deliveries: Deliveries
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let trim: @Sendable (Acknowledgement) throws(SpoolError) -> Void
    private let seen: Mutex<SeenCheckpoint?>
    private let distrusted = Mutex<LogDistrust?>(nil)

    /// `trim` takes segments out of the spool that hold no block behind a position.
    init(
        policy: LogPolicy, prover: any BlockProver, index: SpoolIndex, fileSystem: any FileSystem,
        deliveries: Deliveries, clock: any Clock<Duration>, logger: Logger,
        trim: @escaping @Sendable (Acknowledgement) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        seen = Mutex(try SeenCheckpoint.load(origin: policy.origin, from: fileSystem))
        backlog = BacklogReader(fileSystem: fileSystem, index: index, acknowledged: nil)
        self.policy = policy
        self.prover = prover
        self.index = index
        self.fileSystem = fileSystem
        self.deliveries = deliveries
        self.clock = clock
        self.logger = logger
        self.trim = trim
    }

    /// Why the log is not believed at present; nil: it is.
    var distrust: LogDistrust? { distrusted.withLock { $0 } }

    /// Until the task is cancelled. Throws when the spool is not as it was written.
    func run() async throws {
        var acknowledgements = index.acknowledgements.makeAsyncIterator()
        while !Task.isCancelled {
            if let last = index.acknowledged, let batch = try await blocking({ try self.backlog.next(upTo: last) }) {
                try await follow(batch)
            } else {
                await acknowledgements.next()
            }
        }
    }

    private func follow(_ batch: BacklogReader.Batch) async throws {
        var rest = batch.blocks.map { Leaf(sequence: $0.sequence, hash: $0.leafHash) }[...]
        guard let epoch = batch.blocks.first?.epoch else { return }
        var backoff = Backoff()
        while !rest.isEmpty {
            try Task.checkCancellation()
            do {
                let count = try await prove(rest, of: epoch)
                distrusted.withLock { $0 = nil }
                backoff.reset()
                let proven = rest.prefix(count)
                rest = rest.dropFirst(count)
                guard let last = proven.last else {
                    try await clock.sleep(for: Self.beat)
                    continue
                }
                let position = Acknowledgement(epoch: epoch, sequence: last.sequence, segment: batch.segment)
                try await blocking { try self.trim(position) }
                deliveries.reached(.published, position)
            } catch let error as SpoolError {
                throw error
            } catch {
                try Task.checkCancellation()
                try await pause(backoff.next(), after: error)
            }
        }
    }

    /// How many of the leaves, from the first on, stand in a checkpoint that continues all those before.
    private func prove(_ leaves: ArraySlice<Leaf>, of epoch: EventIdentifier) async throws -> Int {
        guard let first = leaves.first else { return 0 }
        let answer = try await prover.proveBlocks(epoch: epoch, from: first.sequence, count: leaves.count)
        let older = seen.withLock { $0 }
        if answer.note.isEmpty, answer.leaves.isEmpty, older == nil { return 0 }
        guard answer.leaves.count <= leaves.count else { throw LogDistrust.malformed }
        let newer = try SeenCheckpoint(answer.note, policy)
        if let older, try newer.mustProve(older) {
            let proof = try await prover.proveConsistency(from: older.checkpoint.size, to: newer.checkpoint.size)
            try newer.check(continues: older, proof)
        }
        for (leaf, proof) in zip(leaves, answer.leaves) { try newer.check(holds: leaf.hash, of: leaf.sequence, proof) }
        if newer.checkpoint != older?.checkpoint {
            try await blocking { try newer.store(in: self.fileSystem) }
            seen.withLock { $0 = newer }
        }
        return answer.leaves.count
    }

    private func pause(_ pause: Duration, after error: any Error) async throws {
        if let distrust = error as? LogDistrust {
            distrusted.withLock { $0 = distrust }
            logger.critical(
                "the audit log is not to be trusted; nothing is trimmed from the spool",
                metadata: ["error": "\(distrust)", "log": "\(policy.origin)", "again-in": "\(pause)"])
        } else {
            logger.warning(
                "audit blocks are not proven to be published", metadata: ["error": "\(error)", "again-in": "\(pause)"])
        }
        try await clock.sleep(for: pause)
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
