import Synchronization
import Testing

@testable import FieldsealAuditTrail

struct ShipperTests {
    @Test("whatever becomes of the answers, every event arrives once and in order", arguments: 1...20)
    func unreliableSink(seed: Int) async throws {
        let sink = RecordingSink(.unreliable(seed: UInt64(seed)))
        let test = try TestTrail(MemoryDisk(), sink: sink)
        let shipping = Task { try await test.trail.shipper.run() }
        for number in 0..<200 {
            try await test.trail.record(number % 10 == 0 ? .numbered(number, padding: 2000) : .numbered(number))
        }
        await test.trail.close()
        try await shipping.value
        let objects = try sink.objects().map { $0.prefix { $0 != " " } }
        #expect(objects == (0..<200).map { "\($0)" })
    }

    @Test("killed again and again with an unreliable sink: older epochs are shipped first, nothing is lost")
    func restarts() async throws {
        var random = LinearCongruential(state: 7)
        let sink = RecordingSink(.unreliable(seed: 3))
        var disk = MemoryDisk()
        var number = 0
        for _ in 0..<30 {
            let test = try TestTrail(disk, sink: sink)
            let shipping = Task { try await test.trail.shipper.run() }
            for _ in 0..<(random.next() % 12) {
                try await test.trail.record((0..<5).map { .numbered(number + $0, padding: 2000) })
                number += 5
            }
            disk = random.next() % 2 == 0 ? disk.afterKill() : disk.afterPowerFailure()
            shipping.cancel()
            _ = await shipping.result
        }
        try await TestTrail(disk, sink: sink).finish()
        #expect(try sink.objects().compactMap { Int($0.prefix { $0 != " " }) } == Array(0..<number))
    }

    @Test("what is acknowledged is not sent again after a restart, and its segments are gone")
    func acknowledgementIsKept() async throws {
        let first = try TestTrail(MemoryDisk(), sink: RecordingSink())
        for number in 0..<10 {
            try await first.trail.record((0..<20).map { .numbered(number * 20 + $0, padding: 2000) })
        }
        try await first.finish()
        let names = try first.disk.names().compactMap { SegmentFormat.number(ofName: $0) }
        #expect(names.count == 1, "the last segment stays until the next start")
        let other = RecordingSink()
        let second = try TestTrail(first.disk.afterKill(), sink: other)
        try await second.finish()
        #expect(try other.events().map(\.operation) == [.epochOpen, .epochClose])
        #expect(try second.disk.names().compactMap { SegmentFormat.number(ofName: $0) } == names.map { $0 + 1 })
    }

    @Test("nothing is removed before it is acknowledged")
    func nothingIsTrimmedEarly() async throws {
        let sink = RecordingSink(.refuses)
        let test = try TestTrail(MemoryDisk(), sink: sink)
        let shipping = Task { try await test.trail.shipper.run() }
        for number in 0..<10 {
            try await test.trail.record((0..<20).map { .numbered(number * 20 + $0, padding: 2000) })
        }
        let bytes = test.trail.spool.index.bytes
        while sink.calls < 50 { await Task.yield() }
        #expect(test.trail.spool.index.bytes == bytes)
        #expect(bytes > 10 * 20 * 2000)
        sink.become(.answers)
        await test.trail.close()
        try await shipping.value
        #expect(try sink.objects().count == 200)
        #expect(test.trail.spool.index.bytes < bytes / 2)
    }

    @Test("what is recorded during a shipment goes together afterwards")
    func shipmentsInRounds() async throws {
        final class Slow: BlockSink {
            let sizes = Mutex<[Int]>([])
            let (arrivals, arrived) = AsyncStream<Void>.makeStream()
            let (departures, depart) = AsyncStream<Void>.makeStream()
            func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
                sizes.withLock { $0.append(blocks.count) }
                arrived.yield()
                for await _ in departures { break }
                return blocks.last?.sequence ?? 0
            }
        }
        let sink = Slow()
        let test = try TestTrail(MemoryDisk(), sink: sink)
        let first = Task { try await test.trail.shipper.shipBacklog() }
        for await _ in sink.arrivals { break }
        for number in 0..<5 { try await test.trail.record(.numbered(number)) }
        sink.depart.yield()
        try await first.value
        #expect(sink.sizes.withLock { $0 } == [1])
        sink.depart.yield()
        try await test.trail.shipper.shipBacklog()
        #expect(sink.sizes.withLock { $0 } == [1, 5])
    }

    @Test("a sink that has less than it acknowledged is not believed")
    func staleAcknowledgement() async throws {
        final class Forgetful: BlockSink {
            let calls = Atomic(0)
            func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
                calls.add(1, ordering: .relaxed)
                return 0
            }
        }
        let sink = Forgetful()
        let test = try TestTrail(MemoryDisk(), sink: sink)
        try await test.trail.record(.numbered(1))
        let shipping = Task { try await test.trail.shipper.run() }
        while sink.calls.load(ordering: .relaxed) < 5 { await Task.yield() }
        #expect(try !test.disk.names().contains(AcknowledgementFile.name))
        shipping.cancel()
        _ = await shipping.result
    }

    @Test("pauses grow to half a minute and begin anew after success")
    func backoff() {
        var backoff = Backoff()
        var last = Duration.zero
        for _ in 0..<100 { last = backoff.next() }
        #expect(last >= .seconds(15) && last <= .seconds(30))
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }
}
