internal import Logging
internal import NIOPosix

/// Sends the spool's blocks in order until each is acknowledged.
final class Shipper: Sendable {
    private let producer: String
    private let spool: Spool
    private let acknowledged: AcknowledgementFile
    private let backlog: BacklogReader
    private let sink: any BlockSink
    private let deliveries: Deliveries
    private let pause: Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let trim: (@Sendable (Acknowledgement) throws(SpoolError) -> Void)?

    /// Goes on behind `last`. Before it looks for blocks it waits for `pause`, so that many go together. `trim`, where there is
    /// one, takes segments out of the spool that hold no block behind an acknowledged one.
    init(
        producer: String, spool: Spool, fileSystem: any FileSystem, acknowledged: AcknowledgementFile,
        from last: Acknowledgement?, sink: any BlockSink, deliveries: Deliveries, pause: Duration,
        clock: any Clock<Duration>, logger: Logger,
        trim: (@Sendable (Acknowledgement) throws(SpoolError) -> Void)?
    ) {
        self.producer = producer
        self.spool = spool
        self.acknowledged = acknowledged
        backlog = BacklogReader(fileSystem: fileSystem, index: spool.index, acknowledged: last)
        self.sink = sink
        self.deliveries = deliveries
        self.pause = pause
        self.clock = clock
        self.logger = logger
        self.trim = trim
    }

    /// Until the spool is closed and all is acknowledged, or the task is cancelled. Throws when the spool is not as it was
    /// written.
    func run() async throws {
        var changes = spool.index.changes.makeAsyncIterator()
        while true {
            // Asked before reading: what is written up to a close is then seen.
            let isOpen = spool.index.isOpen
            try await shipBacklog()
            guard isOpen else { return }
            await changes.next()
            try Task.checkCancellation()
            if pause > .zero, spool.index.isOpen { try await clock.sleep(for: pause) }
        }
    }

    /// Sends what is there; what comes meanwhile goes with what comes after it.
    func shipBacklog() async throws {
        guard let last = spool.index.last else { return }
        while let batch = try await blocking({ try self.nextBatch(upTo: last) }) { try await ship(batch) }
    }

    private func nextBatch(upTo last: Acknowledgement) throws(SpoolError) -> BacklogReader.Batch? {
        let batch = try backlog.next(upTo: last)
        spool.index.waits(since: batch?.blocks.first?.unixMicroseconds)
        spool.refresh()
        return batch
    }

    private func ship(_ batch: BacklogReader.Batch) async throws {
        var rest = batch.blocks[...]
        var backoff = Backoff()
        while let first = rest.first, let last = rest.last {
            try Task.checkCancellation()
            do {
                let answer = try await sink.append(Array(rest), producer: producer)
                guard answer >= first.sequence else {
                    throw StaleAcknowledgement(answer: answer, expected: first.sequence)
                }
                let sequence = min(answer, last.sequence)
                rest = rest.drop { $0.sequence <= sequence }
                let acknowledgement = Acknowledgement(epoch: first.epoch, sequence: sequence, segment: batch.segment)
                try await blocking { try self.acknowledge(acknowledgement) }
                deliveries.reached(.sequenced, acknowledgement)
                backoff.reset()
            } catch let error as SpoolError {
                throw error
            } catch {
                try Task.checkCancellation()
                let pause = backoff.next()
                logger.warning(
                    "audit blocks are not acknowledged",
                    metadata: ["error": "\(error)", "block": "\(first.sequence)", "again-in": "\(pause)"])
                try await clock.sleep(for: pause)
            }
        }
    }

    private func acknowledge(_ acknowledgement: Acknowledgement) throws(SpoolError) {
        try acknowledged.store(acknowledgement)
        spool.index.acknowledged(acknowledgement)
        try trim?(acknowledgement)
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

/// The sink has less of the epoch than it acknowledged before.
private struct StaleAcknowledgement: Error, CustomStringConvertible {
    let answer: UInt64
    let expected: UInt64

    var description: String { "acknowledged only up to block \(answer) where \(expected) was sent" }
}
