import FieldsealMessages
import FieldsealTransparencyLog
import Testing

@testable import FieldsealAuditTrail

struct EpochStatementTests {
    private func use(_ version: UInt64, _ operation: AuditOperation = .encrypt, count: UInt64 = 1) -> AuditEvent {
        var event = AuditEvent(actor: AuditActor(identity: "spiffe://test/backend"), operation: operation)
        event.keyVersion = version
        event.count = count
        return event
    }

    @Test("says how far the epoch is, as its last durable block stands in the log")
    func place() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let opened = try #require(test.trail.statement())
        #expect(opened.sequence == 1 && opened.epoch == test.trail.epoch && opened.uses.isEmpty && opened.isWellFormed)
        try await test.trail.record(use(1))
        let statement = try #require(test.trail.statement())
        #expect(statement.sequence == 2)
        try await test.finish()
        #expect(test.trail.statement() == nil, "the epoch has ended")
        let hashes = try test.sink.blocks().map { TreeHash(sha256: $0.encoded()).bytes }
        #expect(hashes.prefix(2) == [opened.hash, statement.hash])
    }

    @Test("counts uses by version and operation, of the versions asked about")
    func counts() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        try await test.trail.record([use(1, count: 5), use(1, count: 2), use(1, .decrypt), use(2)])
        try await test.trail.record(use(1, count: 3))
        let statement = try #require(test.trail.statement(of: [1, 3, 1]))
        #expect(
            statement.uses == [
                .init(version: 1, operation: .encrypt, count: 10), .init(version: 1, operation: .decrypt, count: 1),
            ])
        try await test.finish()
    }

    @Test("holds as many whole versions as fit")
    func bounds() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        try await test.trail.record((1...99).flatMap { [use($0), use($0, .decrypt)] })
        let statement = try #require(test.trail.statement(of: Array(1...99)))
        #expect(statement.uses.map(\.version) == (1...50).flatMap { [$0, $0] } && statement.isWellFormed)
        try await test.finish()
    }

    @Test("what found no room on the disk is not stated")
    func full() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink(), mode: .relaxed, maximumBytes: 4 << 20)
        var accepted: UInt64 = 0
        while test.trail.backlog.dropped == 0 {
            var event = use(1)
            event.recordHashes = (0..<4_000).map(identifier)
            try await test.trail.record(event)
            if test.trail.backlog.dropped == 0 { accepted += 4_000 }
        }
        #expect(test.trail.statement(of: [1])?.uses.map(\.count) == [accepted])
        try await test.finish()
    }
}
