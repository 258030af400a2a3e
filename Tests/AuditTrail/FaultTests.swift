import Testing

@testable import FieldsealAuditTrail

/// Every durable write × {failed, done but the answer lost, disk full} × {process killed, power failed}.
struct FaultTests {
    private static let events = 20

    /// Records six groups, which fill three segments, and ships twice. Answers the numbers whose recording was acknowledged.
    private static func work(_ disk: MemoryDisk, _ sink: RecordingSink) async -> [Int] {
        guard let test = try? TestTrail(disk, sink: sink, segmentBytes: 64 << 10) else { return [] }
        var acknowledged: [Int] = []
        for group in 0..<6 {
            let numbers = (group * events)..<((group + 1) * events)
            do {
                try await test.trail.record(numbers.map { .numbered($0, padding: 2000) })
                #expect(test.failures.all.isEmpty, "acknowledged after a failure")
                acknowledged += numbers
            } catch {}
            guard group % 3 == 2 else { continue }
            do {
                try await test.trail.shipper.shipBacklog()
            } catch {
                break
            }
        }
        await test.trail.close()
        return acknowledged
    }

    @Test("no acknowledged event is lost, none comes twice, their order stays", arguments: MemoryDisk.Fault.allCases)
    func faults(kind: MemoryDisk.Fault) async throws {
        let undisturbed = MemoryDisk()
        #expect(await Self.work(undisturbed, RecordingSink()).count == 6 * Self.events)
        #expect(undisturbed.operations > 25)
        for operation in 0..<undisturbed.operations {
            for powerFails in [false, true] {
                let disk = MemoryDisk()
                let sink = RecordingSink()
                disk.fail(at: operation, as: kind)
                let acknowledged = await Self.work(disk, sink)
                let survivor = powerFails ? disk.afterPowerFailure() : disk.afterKill()
                let next = try TestTrail(survivor, sink: sink)
                try await next.trail.record(.numbered(1000))
                try await next.finish()
                let found = try sink.objects().compactMap { Int($0.prefix { $0 != " " }) }
                #expect(found == Array(Set(found)).sorted(), "operation \(operation)")
                #expect(Set(found).isSuperset(of: acknowledged + [1000]), "operation \(operation)")
                #expect(next.failures.all.isEmpty)
            }
        }
    }

    @Test("after a failed synchronisation nothing is acknowledged, whatever the disk says later")
    func failedSynchronisationIsFatal() async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        disk.fail(at: disk.operations + 1, as: .failed)
        await #expect(throws: AuditTrailError.failed) { try await test.trail.record(.numbered(1)) }
        #expect(test.failures.all.map(\.code) == [.disk])
        #expect(!test.trail.isAccepting)
        await #expect(throws: AuditTrailError.failed) { try await test.trail.record(.numbered(2)) }
        #expect(test.failures.all.count == 1)
    }

    @Test(
        "a full disk refuses, and takes again when there is room",
        arguments: [
            // Written over zeros; and behind them, first with more zeros, then without.
            (padding: 0, failing: [0]), (padding: 4000, failing: [0, 3]),
        ])
    func fullDisk(padding: Int, failing: [Int]) async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        disk.fail(at: failing.map { disk.operations + $0 }, as: .full)
        await #expect(throws: AuditTrailError.full) {
            try await test.trail.record(.numbered(1, padding: padding))
        }
        #expect(test.failures.all.isEmpty)
        disk.state.withLock { $0.freeBytes = 0 }
        test.trail.spool.refresh()
        #expect(!test.trail.isAccepting)
        disk.state.withLock { $0.freeBytes = Int.max }
        test.trail.spool.refresh()
        #expect(test.trail.isAccepting)
        try await test.trail.record(.numbered(2))
        try await test.finish()
        #expect(try test.sink.objects() == ["2"])
    }

    @Test("where there is no room for zeros, there may be room for what is recorded")
    func roomForTheRecordAlone() async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        disk.fail(at: disk.operations, as: .full)
        try await test.trail.record(.numbered(1, padding: 4000))
        #expect(test.trail.isAccepting)
        let segment = disk.state.withLock { $0.names[SegmentFormat.name(1)]?.durable.count }
        #expect(segment == test.trail.spool.index.bytes)
        try await test.finish()
        #expect(try test.sink.objects().map { $0.prefix(1) } == ["1"])
    }
}
