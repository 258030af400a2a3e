import FieldsealTransparencyLog
import Testing

@testable import FieldsealAuditTrail

/// What leaves the spool only when it is proven to stand in a cosigned checkpoint.
struct PublicationTests {
    private func trail(_ log: TestLog, _ disk: MemoryDisk = MemoryDisk(), time: TestTime = TestTime()) throws
        -> TestTrail
    {
        try TestTrail(disk, sink: log, time: time, log: log.policy, prover: log)
    }

    /// A shipper and a follower at work.
    private struct Work {
        let tasks: [Task<Void, any Error>]

        init(_ test: TestTrail) throws {
            let follower = try #require(test.trail.follower)
            tasks = [Task { try await test.trail.shipper.run() }, Task { try await follower.run() }]
        }

        func stop() async {
            for task in tasks { task.cancel() }
            for task in tasks { _ = await task.result }
        }
    }

    private func fill(_ test: TestTrail, groups: Int) async throws {
        for group in 0..<groups {
            try await test.trail.record((0..<20).map { .numbered(group * 20 + $0, padding: 2_000) })
        }
    }

    private func segments(_ disk: MemoryDisk) throws -> Int {
        try disk.names().count { SegmentFormat.number(ofName: $0) != nil }
    }

    @Test("acknowledged blocks stay until a checkpoint holds them")
    func trimming() async throws {
        let log = try TestLog()
        let test = try trail(log)
        try await fill(test, groups: 10)
        let before = try segments(test.disk)
        let work = try Work(test)
        while test.trail.backlog.blocks > 0 || log.questions < 5 { await Task.yield() }
        #expect(try segments(test.disk) == before && before > 3)
        log.publish()
        while try segments(test.disk) > 1 { await Task.yield() }
        await work.stop()
        #expect(try test.disk.names().count { $0.hasSuffix(".kept") } == before - 1)
        #expect(try test.disk.names().contains(SeenCheckpoint.fileName))
        #expect(test.failures.all.isEmpty && test.trail.distrust == nil)
    }

    @Test("who waits for publication is served by a checkpoint, not by an acknowledgement")
    func waiting() async throws {
        let log = try TestLog()
        let test = try TestTrail(
            MemoryDisk(), sink: log, clock: TestClock(isStopped: false), log: log.policy, prover: log)
        #expect(test.trail.finalState == .published)
        try await test.trail.record(.numbered(1))
        let sequence = test.trail.spool.index.lastSequence
        let work = try Work(test)
        #expect(await test.trail.deliveries.wait(for: sequence, .sequenced))
        let error = await #expect(throws: AuditTrailError.self) {
            try await test.trail.publish(.numbered(2), timeout: .zero)
        }
        #expect(error?.code == .unacknowledged)
        log.publish()
        #expect(await test.trail.deliveries.wait(for: sequence, .published))
        await work.stop()
    }

    @Test("a log that lies is not believed, nothing is trimmed, and work goes on", arguments: TestLog.Lie.allCases)
    func lies(lie: TestLog.Lie) async throws {
        let log = try TestLog()
        let test = try trail(log)
        try await fill(test, groups: 3)
        let work = try Work(test)
        log.publish()
        while try !test.disk.names().contains(SeenCheckpoint.fileName) || test.trail.backlog.blocks > 0 {
            log.publish()
            await Task.yield()
        }
        log.lie(lie)
        try await fill(test, groups: 5)
        let before = try segments(test.disk)
        while test.trail.distrust == nil {
            log.publish()
            await Task.yield()
        }
        #expect(try segments(test.disk) >= before - 1 && test.trail.isAccepting)
        log.lie(nil)
        while try test.trail.distrust != nil || segments(test.disk) > 1 {
            log.publish()
            await Task.yield()
        }
        await work.stop()
        #expect(test.failures.all.isEmpty)
    }

    @Test("after a crash, blocks are proven that had only been acknowledged, and the log must still be the same")
    func restart() async throws {
        let log = try TestLog()
        let first = try trail(log)
        try await fill(first, groups: 10)
        let work = try Work(first)
        while first.trail.backlog.blocks > 0 { await Task.yield() }
        await work.stop()
        let second = try trail(log, first.disk.afterPowerFailure())
        let left = try segments(second.disk)
        #expect(left == (try segments(first.disk)) + 1)
        let again = try Work(second)
        log.publish()
        while try segments(second.disk) > 1 || second.trail.backlog.blocks > 0 {
            log.publish()
            await Task.yield()
        }
        await again.stop()
        let other = try TestLog()
        let third = try TestTrail(
            second.disk.afterKill(), sink: other,
            log: LogPolicy(origin: log.policy.origin, logKeys: other.policy.logKeys, witnesses: other.policy.witnesses),
            prover: other)
        let last = try Work(third)
        while third.trail.distrust == nil {
            other.publish()
            await Task.yield()
        }
        await last.stop()
    }

    @Test("trimmed segments are kept for a day, and for less where they take too much")
    func keeping() async throws {
        let time = TestTime()
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink(), time: time)
        func kept(_ disk: MemoryDisk) throws -> Int { try disk.names().count { $0.hasSuffix(".kept") } }
        try await fill(test, groups: 10)
        try await test.trail.shipper.shipBacklog()
        let count = try kept(test.disk)
        #expect(count > 3)
        time.advance(KeptSegment.time)
        try test.trail.trimmer.expire()
        #expect(try kept(test.disk) == count)
        // A new process knows them by their names.
        let next = try TestTrail(test.disk.afterKill(), sink: RecordingSink(), time: time)
        #expect(try kept(next.disk) == count + 1)
        time.advance(1)
        try next.trail.trimmer.expire()
        #expect(try kept(next.disk) == 1)
        next.disk.state.withLock { $0.freeBytes = 1 }
        try next.trail.trimmer.expire()
        #expect(try kept(next.disk) == 0)
    }

    @Test("a log that takes the place of another one is sent all that is still there")
    func rewinding() async throws {
        let old = try TestLog()
        let test = try trail(old)
        try await fill(test, groups: 10)
        let work = try Work(test)
        old.publish()
        while try segments(test.disk) > 1 {
            old.publish()
            await Task.yield()
        }
        await work.stop()
        await test.trail.close()
        let kept = try test.disk.names().count { $0.hasSuffix(".kept") }
        #expect(kept > 3)

        // The process starts with the same log: nothing comes back.
        let same = try trail(old, test.disk.afterKill())
        #expect(try same.disk.names().count { $0.hasSuffix(".kept") } == kept)
        await same.trail.close()

        let new = try TestLog(origin: "log.test/new")
        let next = try trail(new, same.disk.afterKill())
        #expect(try next.disk.names().count { $0.hasSuffix(".kept") } == 0)
        let waiting = next.trail.backlog.blocks
        #expect(waiting >= UInt64(kept))
        let again = try Work(next)
        while next.trail.backlog.blocks > 0 { await Task.yield() }
        while try segments(next.disk) > 1 {
            new.publish()
            await Task.yield()
        }
        await again.stop()
        #expect(new.blocks >= Int(waiting))
        #expect(next.failures.all.isEmpty && next.trail.distrust == nil)
    }

    @Test func onlySegmentsWithoutAGapComeBack() throws {
        let disk = MemoryDisk()
        for name in ["0000000000000001-0000000000000009.kept", "0000000000000003-0000000000000009.kept"] {
            try disk.replace(name, with: [])
        }
        try disk.replace(SegmentFormat.name(4), with: [])
        try SpoolRewind.perform(in: disk)
        #expect(
            Set(try disk.names()) == [
                "0000000000000001-0000000000000009.kept", SegmentFormat.name(3), SegmentFormat.name(4),
                AcknowledgementFile.name,
            ])
        #expect(try AcknowledgementFile(in: disk).load()?.segment == 2)
        try SpoolRewind.perform(in: disk)
        #expect(try AcknowledgementFile(in: disk).load()?.segment == 2)
    }

    @Test func keptSegmentsAreBoundedByBytes() {
        let kept = (1...10).map { number in
            KeptSegment(
                Segment(
                    number: UInt64(number), epoch: .zero, firstSequence: 1, blocks: 1, bytes: 100),
                trimmed: Int64(number))
        }
        #expect(KeptSegment.due(of: kept, at: 10, limit: 1_000).isEmpty)
        #expect(KeptSegment.due(of: kept, at: 10, limit: 350).map(\.number) == Array(1...7))
        #expect(KeptSegment.due(of: kept, at: 3 + KeptSegment.time, limit: 1_000).map(\.number) == [1, 2])
        #expect(KeptSegment.due(of: kept, at: 0, limit: 0).count == 10)
        #expect(KeptSegment(name: kept[0].name, bytes: 100) == kept[0])
        for name in ["1-2.kept", ".kept", "-.kept", kept[0].name + "x", kept[0].name.uppercased()] {
            #expect(KeptSegment(name: name, bytes: 1) == nil)
        }
    }
}
