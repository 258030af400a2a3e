import Synchronization
import Testing

@testable import FieldsealAuditTrail

/// What must be stored by the audit service before something irreversible is done.
struct PublishingTests {
    @Test("a published event is in the sink when the call returns", arguments: 1...10)
    func storedOnReturn(seed: Int) async throws {
        let sink = RecordingSink(.unreliable(seed: UInt64(seed)))
        let test = try TestTrail(MemoryDisk(), sink: sink, clock: TestClock(isStopped: false))
        // The shipper's pauses take no time; the wait itself has no end here.
        let shipping = Task { try await test.trail.shipper.run() }
        for number in 0..<40 {
            if number % 4 == 0 { try await test.trail.record(.numbered(1_000 + number, padding: 2_000)) }
            let sequence = try await test.trail.recordedSequence(of: .numbered(number))
            #expect(await test.trail.deliveries.wait(for: sequence))
            #expect(try sink.objects().contains("\(number)"))
        }
        await test.trail.close()
        try await shipping.value
    }

    @Test("many at once are all served")
    func concurrent() async throws {
        let sink = RecordingSink()
        let test = try TestTrail(MemoryDisk(), sink: sink, clock: TestClock(isStopped: true))
        let shipping = Task { try await test.trail.shipper.run() }
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    try await test.trail.publish(.numbered(number), timeout: .seconds(5))
                    #expect(try sink.objects().contains("\(number)"))
                }
            }
            try await group.waitForAll()
        }
        await test.trail.close()
        try await shipping.value
    }

    @Test("an audit service that is away is told as such, and the event arrives later")
    func unacknowledged() async throws {
        let sink = RecordingSink(.refuses)
        let test = try TestTrail(MemoryDisk(), sink: sink)
        let error = await #expect(throws: AuditTrailError.self) {
            try await test.trail.publish(.numbered(1), timeout: .seconds(5))
        }
        #expect(error?.code == .unacknowledged)
        sink.become(.answers)
        try await test.finish()
        #expect(try sink.objects() == ["1"])
    }

    @Test("who waits is not left behind when the trail ends or the task is cancelled")
    func endOfWaiting() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink(.refuses), clock: TestClock(isStopped: true))
        let waiting = Task { try await test.trail.publish(.numbered(1), timeout: .seconds(5)) }
        let cancelled = Task { try await test.trail.publish(.numbered(2), timeout: .seconds(5)) }
        while test.trail.spool.index.lastSequence < 2 { await Task.yield() }
        cancelled.cancel()
        await #expect(throws: AuditTrailError.self) { try await cancelled.value }
        test.trail.deliveries.end()
        await #expect(throws: AuditTrailError.self) { try await waiting.value }
    }

    @Test("a full spool is said in both modes", arguments: [AuditTrailConfiguration.Mode.strict, .relaxed])
    func full(mode: AuditTrailConfiguration.Mode) async throws {
        let test = try TestTrail(
            MemoryDisk(), sink: RecordingSink(.refuses), mode: mode, maximumBytes: 4 << 20)
        var failure: AuditTrailError?
        for number in 0..<10_000 where failure?.code != .full {
            do throws(AuditTrailError) {
                try await test.trail.publish((0..<20).map { .numbered(number + $0, padding: 2_000) }, timeout: .zero)
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .full)
    }
}

extension AuditTrail {
    fileprivate func recordedSequence(of event: AuditEvent) async throws -> UInt64 {
        try await record(event)
        return spool.index.lastSequence
    }
}
