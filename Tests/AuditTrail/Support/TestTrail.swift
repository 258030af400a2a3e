import FieldsealTransparencyLog
import Logging
import Synchronization

@testable import FieldsealAuditTrail

/// A clock on which a sleep takes no time; or lasts until it is cancelled.
struct TestClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration = .zero
        func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
        func duration(to other: Self) -> Duration { other.offset - offset }
        static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    var isStopped = false
    var now: Instant { Instant() }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        guard isStopped else { return await Task.yield() }
        let (never, continuation) = AsyncStream<Void>.makeStream()
        for await _ in never {}
        _ = continuation
        throw CancellationError()
    }
}

/// The time of events, set by the test.
final class TestTime: Sendable {
    private let value: Mutex<Int64>

    init(_ start: Int64 = 1_700_000_000_000_000) { value = Mutex(start) }

    var now: Int64 { value.withLock { $0 } }
    func advance(_ microseconds: Int64) { value.withLock { $0 += microseconds } }
}

/// A trail on a disk in memory.
struct TestTrail {
    let disk: MemoryDisk
    let sink: RecordingSink
    let trail: AuditTrail
    let time: TestTime
    let failures = Failures()

    final class Failures: Sendable {
        private let errors = Mutex<[SpoolError]>([])
        var all: [SpoolError] { errors.withLock { $0 } }
        func add(_ error: SpoolError) { errors.withLock { $0.append(error) } }
    }

    init(
        _ disk: any FileSystem, sink: any BlockSink, mode: AuditTrailConfiguration.Mode = .strict,
        maximumBytes: Int = 16 << 20,
        segmentBytes: Int = 1 << 16, producer: String = "spiffe://test/service", clock: TestClock = TestClock(),
        time: TestTime = TestTime(), log: LogPolicy? = nil, prover: (any BlockProver)? = nil
    ) throws {
        var configuration = AuditTrailConfiguration(producer: producer, directory: "")
        configuration.mode = mode
        configuration.maximumBytes = maximumBytes
        configuration.segmentBytes = segmentBytes
        configuration.log = log
        configuration.shipmentPause = .zero
        self.time = time
        self.disk = disk as? MemoryDisk ?? MemoryDisk()
        self.sink = sink as? RecordingSink ?? RecordingSink()
        trail = try AuditTrail(
            configuration: configuration, sink: sink, prover: prover,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            fileSystem: disk, clock: clock, now: { time.now }, onFailure: { [failures] in failures.add($0) })
    }

    /// Ends the epoch and ships until all is acknowledged.
    func finish() async throws {
        await trail.close()
        try await trail.shipper.run()
    }
}

extension AuditEvent {
    /// An event of its own, told apart by its object.
    static func numbered(_ number: Int, padding: Int = 0) -> AuditEvent {
        var event = AuditEvent(actor: AuditActor(identity: "spiffe://test/backend"), operation: .createKey)
        event.object = "\(number)" + String(repeating: " ", count: padding)
        return event
    }
}

func identifier(_ number: Int) -> EventIdentifier { EventIdentifier(high: 0, low: UInt64(number)) }
