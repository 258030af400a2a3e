import FieldsealMessages
import Testing

@testable import FieldsealAuditTrail

struct SpoolTests {
    @Test("an epoch opens and closes, and the next is another")
    func epochs() async throws {
        let sink = RecordingSink()
        let first = try TestTrail(MemoryDisk(), sink: sink)
        try await first.finish()
        let second = try TestTrail(first.disk.afterPowerFailure(), sink: sink)
        try await second.finish()
        #expect(try sink.events().map(\.operation) == [.epochOpen, .epochClose, .epochOpen, .epochClose])
        #expect(try Set(sink.blocks().map(\.epoch)).count == 2)
        #expect(
            try sink.events().allSatisfy { $0.actor == "spiffe://test/service" && $0.firstUnixUs == first.time.now })
    }

    @Test("nothing can be recorded after the end")
    func closed() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        try await test.finish()
        await #expect(throws: AuditTrailError.closed) { try await test.trail.record(.numbered(1)) }
        #expect(!test.trail.isAccepting)
    }

    @Test("submissions around the end are told in their order what became of them")
    func closingOrder() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let (outcomes, outcome) = AsyncStream<(Int, SpoolOutcome)>.makeStream()
        for number in 0..<300 {
            let batch = EventBatch()
            let event = AuditEvent.numbered(number)
            batch.add(event, actor: ActorHandle(event.actor), field: .none, now: 1)
            if number == 150 {
                test.trail.spool.close(with: batch) { outcome.yield((number, $0)) }
            } else {
                test.trail.spool.submit(batch) { outcome.yield((number, $0)) }
            }
        }
        var seen: [(Int, SpoolOutcome)] = []
        for await next in outcomes {
            seen.append(next)
            if seen.count == 300 { break }
        }
        #expect(seen.map(\.0) == Array(0..<300))
        #expect(seen.map(\.1) == Array(repeating: .durable, count: 151) + Array(repeating: .closed, count: 149))
        try await test.trail.shipper.run()
        #expect(try test.sink.objects() == (0...150).map { "\($0)" })
    }

    @Test("many tasks at once: each event once")
    func concurrentRecording() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { try await test.trail.record(.numbered(number)) } }
        }
        try await test.finish()
        #expect(try test.sink.objects().compactMap { Int($0) }.sorted() == Array(0..<500))
    }

    @Test("a directory in use, or of another producer, is refused")
    func ownership() async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        #expect(throws: SpoolError.self) { try TestTrail(disk, sink: RecordingSink()) }
        let error = #expect(throws: SpoolError.self) {
            try TestTrail(disk.afterKill(), sink: RecordingSink(), producer: "spiffe://test/other")
        }
        #expect(error?.code == .foreign)
        #expect(error?.description.contains("spiffe://test/service") == true)
        try await test.finish()
    }

    @Test("settings out of range are refused")
    func settings() {
        for (bytes, segment, producer) in [
            (1 << 20, 1 << 16, "a"), (16 << 20, 1 << 10, "a"), (16 << 20, 1 << 16, ""), (16 << 20, 1 << 16, "a\nb"),
        ] {
            let error = #expect(throws: SpoolError.self) {
                try TestTrail(
                    MemoryDisk(), sink: RecordingSink(), maximumBytes: bytes, segmentBytes: segment, producer: producer)
            }
            #expect(error?.code == .configuration)
        }
    }

    @Test("strict: a full spool refuses before it acts, and goes on when the service has taken its blocks")
    func strictLimit() async throws {
        let sink = RecordingSink()
        let test = try TestTrail(MemoryDisk(), sink: sink, maximumBytes: 4 << 20)
        var recorded = 0
        while test.trail.isAccepting {
            try await test.trail.record((0..<40).map { .numbered(recorded * 40 + $0, padding: 2000) })
            recorded += 1
        }
        #expect(test.trail.spool.index.bytes <= 4 << 20)
        #expect(test.trail.spool.index.bytes > 3 << 20)
        // The room above the admission limit is for work that was admitted; then nothing more is taken.
        await #expect(throws: AuditTrailError.full) {
            while true { try await test.trail.record((0..<40).map { .numbered(-$0, padding: 2000) }) }
        }
        #expect(test.trail.spool.index.bytes <= 4 << 20)
        try await test.trail.shipper.shipBacklog()
        #expect(test.trail.isAccepting)
        #expect(test.trail.spool.index.bytes < 1 << 20)
        try await test.trail.record(.numbered(1))
        try await test.finish()
        #expect(test.failures.all.isEmpty)
    }

    @Test("records are written over zeros, and change no length")
    func writtenOverZeros() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        func length() -> Int? { test.disk.state.withLock { $0.names[SegmentFormat.name(1)]?.durable.count } }
        let reserved = try #require(length())
        #expect(reserved == test.trail.spool.index.bytes + (1 << 16) / SegmentFormat.reservedParts)
        try await test.trail.record(.numbered(1))
        try await test.trail.record(.numbered(2))
        #expect(length() == reserved)
        try await test.trail.record(.numbered(3, padding: 4000))
        #expect(try #require(length()) > reserved)
        try await test.finish()
        #expect(length() == test.trail.spool.index.bytes, "a closed segment ends with its last record")
        #expect(try test.sink.objects().map { $0.prefix(1) } == ["1", "2", "3"])
    }

    @Test("relaxed: a full spool drops and the next block says how much")
    func relaxedLimit() async throws {
        let sink = RecordingSink()
        let test = try TestTrail(MemoryDisk(), sink: sink, mode: .relaxed, maximumBytes: 4 << 20)
        var attempts = 0
        while test.trail.spool.droppedItems < 100 {
            try await test.trail.record((0..<40).map { .numbered(attempts * 40 + $0, padding: 2000) })
            attempts += 1
            #expect(test.trail.isAccepting)
        }
        let dropped = test.trail.spool.droppedItems
        try await test.trail.shipper.shipBacklog()
        try await test.trail.record(.numbered(1))
        #expect(test.trail.spool.droppedItems == 0)
        try await test.finish()
        #expect(try sink.blocks().map(\.dropped).filter { $0 > 0 } == [dropped])
        #expect(try sink.objects().count + Int(dropped) == attempts * 40 + 1)
    }

    @Test("a segment removed under us ends the process")
    func removedSegment() async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        disk.state.withLock { $0.names[SegmentFormat.name(1)] = nil }
        await #expect(throws: AuditTrailError.failed) { try await test.trail.record(.numbered(1)) }
        #expect(test.failures.all.map(\.code) == [.replaced])
    }

    @Test("a segment replaced under us ends the process")
    func replacedSegment() async throws {
        let disk = MemoryDisk()
        let test = try TestTrail(disk, sink: RecordingSink())
        disk.state.withLock { state in
            let node = MemoryDisk.Node()
            node.content = state.names[SegmentFormat.name(1)]?.content ?? []
            state.names[SegmentFormat.name(1)] = node
        }
        await #expect(throws: AuditTrailError.failed) { try await test.trail.record(.numbered(1)) }
        #expect(test.failures.all.map(\.code) == [.replaced])
    }

    @Test("a segment of an older epoch that is gone or changed is noticed when it is read")
    func removedBacklog() async throws {
        for changes in [false, true] {
            let first = try TestTrail(MemoryDisk(), sink: RecordingSink())
            try await first.trail.record(.numbered(1))
            let disk = first.disk.afterKill()
            let second = try TestTrail(disk, sink: RecordingSink())
            disk.state.withLock { state in
                if changes {
                    state.names[SegmentFormat.name(1)]?.content[100] ^= 1
                } else {
                    state.names[SegmentFormat.name(1)] = nil
                }
            }
            let error = await #expect(throws: SpoolError.self) { try await second.trail.shipper.shipBacklog() }
            #expect(error?.code == (changes ? .damaged : .replaced))
        }
    }
}
