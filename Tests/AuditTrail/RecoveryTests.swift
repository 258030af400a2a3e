import Testing

@testable import FieldsealAuditTrail

/// A spool with three records in one segment, as it is found after a crash.
struct RecoveryTests {
    private static let segment = SegmentFormat.name(1)

    private let bytes: [UInt8]
    /// Where each record ends: epoch-open, and three groups.
    private let ends: [Int]

    init() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        var ends = [test.trail.spool.index.bytes]
        for number in 1...3 {
            try await test.trail.record(.numbered(number))
            ends.append(test.trail.spool.index.bytes)
        }
        self.ends = ends
        let content = test.disk.afterPowerFailure().state.withLock { $0.names[Self.segment]?.content }
        // Without the zeros behind them.
        bytes = Array(try #require(content).prefix(try #require(ends.last)))
    }

    private func disk(_ content: [UInt8], name: String = Self.segment) -> MemoryDisk {
        let disk = MemoryDisk()
        let node = MemoryDisk.Node()
        (node.content, node.durable) = (content, content)
        disk.state.withLock { $0.names[name] = node }
        return disk
    }

    private func content(_ disk: MemoryDisk, _ name: String = Self.segment) -> [UInt8]? {
        disk.state.withLock { $0.names[name]?.durable }
    }

    @Test("an undamaged segment is found whole")
    func whole() throws {
        let recovery = try SpoolRecovery(disk(bytes))
        #expect(recovery.segments.map(\.blocks) == [4])
        #expect(recovery.segments.map(\.bytes) == [bytes.count])
        #expect(recovery.nextSegment == 2)
    }

    @Test("a segment cut at any byte loses the records that are not whole, and no other")
    func truncated() throws {
        for length in SegmentFormat.headerBytes...bytes.count {
            let disk = disk(Array(bytes.prefix(length)))
            let recovery = try SpoolRecovery(disk)
            let whole = ends.filter { $0 <= length }
            #expect(recovery.segments.first?.blocks == UInt64(whole.count))
            #expect(content(disk)?.count == whole.last ?? SegmentFormat.headerBytes, "the tail is cut off, durably")
            #expect(try SpoolRecovery(disk).segments == recovery.segments)
        }
    }

    @Test("a segment cut within its header held nothing and is removed")
    func truncatedHeader() throws {
        for length in 0..<SegmentFormat.headerBytes {
            let disk = disk(Array(bytes.prefix(length)))
            let recovery = try SpoolRecovery(disk)
            #expect(recovery.segments.isEmpty)
            #expect(recovery.nextSegment == 2)
            #expect(content(disk) == nil)
        }
    }

    @Test("a last record with any byte changed is cut off")
    func changedLastRecord() throws {
        for index in ends[2]..<ends[3] {
            var changed = bytes
            changed[index] ^= 0x10
            #expect(try SpoolRecovery(disk(changed)).segments.map(\.blocks) == [3], "byte \(index)")
        }
    }

    @Test("a tail of zeros, as file systems leave it, is cut off")
    func zeroTail() throws {
        for count in [1, 31, 32, 33, 4096, 100_000] {
            let recovery = try SpoolRecovery(disk(bytes + [UInt8](repeating: 0, count: count)))
            #expect(recovery.segments.map(\.bytes) == [bytes.count])
        }
    }

    @Test("a changed record before a later group had been durable: refused")
    func changedEarlierRecord() throws {
        for index in ends[0]..<ends[2] {
            var changed = bytes
            changed[index] ^= 0x10
            let damaged = disk(changed)
            let error = #expect(throws: SpoolError.self) { try SpoolRecovery(damaged) }
            #expect(error?.code == .damaged, "byte \(index)")
            #expect(content(damaged) == changed, "evidence is kept")
        }
    }

    @Test("a changed header before records is refused")
    func changedHeader() throws {
        for index in 0..<SegmentFormat.headerBytes {
            var changed = bytes
            changed[index] ^= 0x10
            #expect(throws: SpoolError.self) { try SpoolRecovery(disk(changed)) }
        }
    }

    @Test("a torn record in a segment that is not the last is refused")
    func tornBeforeLast() throws {
        let disk = disk(Array(bytes.dropLast()))
        let next = MemoryDisk.Node()
        next.content = SegmentHeader(epoch: identifier(1), number: 2, firstSequence: 1).encoded
        disk.state.withLock { $0.names[SegmentFormat.name(2)] = next }
        let error = #expect(throws: SpoolError.self) { try SpoolRecovery(disk) }
        #expect(error?.code == .damaged)
    }

    @Test("a missing segment is refused")
    func missingSegment() throws {
        #expect(throws: SpoolError.self) { try SpoolRecovery(disk(bytes, name: SegmentFormat.name(2))) }
        let gap = disk(bytes)
        let third = MemoryDisk.Node()
        third.content = SegmentHeader(epoch: identifier(1), number: 3, firstSequence: 1).encoded
        gap.state.withLock { $0.names[SegmentFormat.name(3)] = third }
        #expect(throws: SpoolError.self) { try SpoolRecovery(gap) }
    }

    @Test("a segment under another's name is refused")
    func renamedSegment() throws {
        let disk = disk(bytes, name: SegmentFormat.name(2))
        let acknowledgement = Acknowledgement(epoch: identifier(9), sequence: 1, segment: 1)
        try AcknowledgementFile(in: disk).store(acknowledgement)
        #expect(throws: SpoolError.self) { try SpoolRecovery(disk) }
    }

    @Test("a changed acknowledgement is refused, byte for byte")
    func changedAcknowledgement() throws {
        let disk = disk(bytes)
        let acknowledgement = Acknowledgement(epoch: identifier(9), sequence: 1, segment: 1)
        #expect(Acknowledgement(acknowledgement.encoded) == acknowledgement)
        for index in acknowledgement.encoded.indices {
            var changed = acknowledgement.encoded
            changed[index] ^= 1
            #expect(Acknowledgement(changed) == nil)
        }
        try disk.replace(AcknowledgementFile.name, with: [1])
        #expect(throws: SpoolError.self) { try SpoolRecovery(disk) }
    }

    @Test("of an acknowledgement that was torn, the one before is left")
    func tornAcknowledgement() throws {
        let disk = MemoryDisk()
        let file = AcknowledgementFile(in: disk)
        let stored = (1...5).map { Acknowledgement(epoch: identifier(9), sequence: $0, segment: 1) }
        try file.store(stored[0])
        for (last, before) in zip(stored.dropFirst(), stored) {
            try file.store(last)
            #expect(try AcknowledgementFile(in: disk).load() == last)
            var content = try #require(disk.state.withLock { $0.names[AcknowledgementFile.name]?.content })
            let places = [0, content.count - Acknowledgement.encodedBytes]
            let newest = places.filter { content[$0...].starts(with: last.encoded) }
            #expect(newest.count == 1)
            for place in newest { content[place + 40] ^= 1 }
            let torn = MemoryDisk()
            try torn.replace(AcknowledgementFile.name, with: content)
            #expect(try AcknowledgementFile(in: torn).load() == before)
        }
    }

    @Test("an acknowledgement in one place is read, and replaced by one in two")
    func singleAcknowledgement() throws {
        let disk = MemoryDisk()
        let (first, second) = (
            Acknowledgement(epoch: identifier(9), sequence: 1, segment: 1),
            Acknowledgement(epoch: identifier(9), sequence: 2, segment: 1)
        )
        try disk.replace(AcknowledgementFile.name, with: first.encoded)
        let file = AcknowledgementFile(in: disk)
        #expect(try file.load() == first)
        try file.store(second)
        #expect(try file.load() == second)
        try file.synchronize()
        #expect(try AcknowledgementFile(in: disk.afterPowerFailure()).load() == second)
    }

    @Test("what a process before stored is made durable too")
    func acknowledgementOfBefore() throws {
        let disk = MemoryDisk()
        let last = Acknowledgement(epoch: identifier(9), sequence: 2, segment: 1)
        let before = AcknowledgementFile(in: disk)
        try before.store(Acknowledgement(epoch: identifier(9), sequence: 1, segment: 1))
        try before.store(last)
        let next = disk.afterKill()
        try AcknowledgementFile(in: next).synchronize()
        #expect(try AcknowledgementFile(in: next.afterPowerFailure()).load() == last)
    }

    @Test("segment names are canonical")
    func names() {
        #expect(SegmentFormat.name(255) == "00000000000000ff.blocks")
        #expect(SegmentFormat.number(ofName: "00000000000000ff.blocks") == 255)
        for name in ["00000000000000FF.blocks", "ff.blocks", "00000000000000ff.block", "+0000000000000ff.blocks", ""] {
            #expect(SegmentFormat.number(ofName: name) == nil)
        }
    }
}
