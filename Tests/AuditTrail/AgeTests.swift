import Testing

@testable import FieldsealAuditTrail

/// How long events may wait for the audit service.
struct AgeTests {
    private let week: Int64 = 7 * 86_400 * 1_000_000

    /// Ships, in vain at first, so that the age of what waits is known.
    private func shipping(_ test: TestTrail, _ sink: RecordingSink) async throws -> Task<Void, any Error> {
        let calls = sink.calls
        let shipping = Task { try await test.trail.shipper.run() }
        while sink.calls == calls { await Task.yield() }
        test.trail.spool.refresh()
        return shipping
    }

    @Test("strict: new work is refused while the oldest block is too old, also after a restart")
    func strict() async throws {
        let (sink, time) = (RecordingSink(.refuses), TestTime())
        let first = try TestTrail(MemoryDisk(), sink: sink, time: time)
        try await first.trail.record(.numbered(1))
        time.advance(week)
        let crashed = try await shipping(first, sink)
        #expect(first.trail.isAccepting && first.trail.spool.hasRoomForStrangers)
        crashed.cancel()
        time.advance(1)
        let second = try TestTrail(first.disk.afterKill(), sink: sink, time: time)
        let shipped = try await shipping(second, sink)
        #expect(!second.trail.isAccepting && !second.trail.spool.hasRoomForStrangers)
        #expect(second.trail.backlog.age == .microseconds(week + 1) && second.trail.backlog.blocks == 3)
        sink.become(.answers)
        while !second.trail.isAccepting { await Task.yield() }
        await second.trail.close()
        try await shipped.value
        #expect(second.trail.backlog.blocks == 0 && second.trail.backlog.age == .zero)
        #expect(try sink.objects() == ["1"])
    }

    @Test("relaxed: it is dropped and counted, and the end of the epoch is written")
    func relaxed() async throws {
        let (sink, time) = (RecordingSink(.refuses), TestTime())
        let test = try TestTrail(MemoryDisk(), sink: sink, mode: .relaxed, time: time)
        time.advance(week + 1)
        let shipped = try await shipping(test, sink)
        #expect(test.trail.isAccepting)
        try await test.trail.record([.numbered(1), .numbered(2)])
        #expect(test.trail.backlog.dropped == 2 && !test.trail.backlog.isStrict)
        await test.trail.close()
        sink.become(.answers)
        try await shipped.value
        #expect(try sink.events().map(\.operation) == [.epochOpen, .epochClose])
        #expect(try sink.blocks().map(\.dropped) == [0, 2])
    }

    @Test("an audit service that accepts and never answers lets the backlog grow and hurts no caller")
    func hanging() async throws {
        let test = try TestTrail(MemoryDisk(), sink: HangingSink())
        let shipping = Task { try await test.trail.shipper.run() }
        for number in 0..<50 { try await test.trail.record(.numbered(number)) }
        #expect(test.trail.backlog.blocks == 51 && test.trail.isAccepting)
        shipping.cancel()
        _ = await shipping.result
    }
}
