import Testing

@testable import FieldsealAuditTrail

struct RefusalTests {
    private let start: Int64 = 1_700_000_000_000_000

    private func refusal(peer: String, cause: AuditCause = "expired") -> AuditEvent {
        var event = AuditEvent(actor: .stranger(peer: peer), operation: .connect)
        event.cause = cause
        event.outcome = 16
        return event
    }

    @Test("the first of a second is written at once, the others as one count")
    func firstAndRest() throws {
        let ledger = RefusalLedger()
        #expect(ledger.note(refusal(peer: "a"), at: start, hasRoom: true) != nil)
        for offset in 1...9 {
            #expect(ledger.note(refusal(peer: "a"), at: start + Int64(offset), hasRoom: true) == nil)
        }
        #expect(ledger.note(refusal(peer: "a", cause: "denied"), at: start + 1, hasRoom: true) != nil)
        #expect(ledger.note(refusal(peer: "b"), at: start + 1, hasRoom: true) != nil)
        #expect(ledger.takeDue(at: start + 999_999).isEmpty)
        let due = ledger.takeDue(at: start + 1_000_000)
        #expect(due.map(\.count) == [9])
        #expect(due.first?.actor.peer == "a")
        #expect(due.first?.unixMicroseconds == start + 1)
        #expect(due.first?.lastUnixMicroseconds == start + 9)
        #expect(ledger.takeDue(at: start + 1_000_000).isEmpty)
    }

    @Test("a new second begins anew")
    func nextSecond() {
        let ledger = RefusalLedger()
        for second in 0..<3 {
            let time = start + Int64(second) * 1_000_000
            #expect(ledger.note(refusal(peer: "a"), at: time, hasRoom: true) != nil)
            #expect(ledger.note(refusal(peer: "a"), at: time, hasRoom: true) == nil)
        }
        #expect(ledger.takeDue(at: start + 3_000_000).map(\.count) == [1, 1, 1])
    }

    @Test("beyond the cap, and without room, refusals are counted in one event")
    func overflow() throws {
        let ledger = RefusalLedger()
        var written = 0
        for number in 0..<1000 where ledger.note(refusal(peer: "\(number)"), at: start, hasRoom: true) != nil {
            written += 1
        }
        #expect(written == RefusalLedger.distinctPerSecond)
        #expect(ledger.note(refusal(peer: "x"), at: start + 2_000_000, hasRoom: false) == nil)
        let due = ledger.takeDue(at: start + 2_000_000)
        let event = try #require(due.first)
        #expect(due.count == 1)
        #expect(event.cause == .overflow)
        #expect(event.count == UInt64(1000 - written + 1))
        #expect((event.unixMicroseconds, event.lastUnixMicroseconds) == (start, start + 2_000_000))
    }

    @Test("counts that could not be written come again")
    func putBack() {
        let ledger = RefusalLedger()
        for _ in 0..<5 { _ = ledger.note(refusal(peer: "a"), at: start, hasRoom: true) }
        let due = ledger.takeDue(at: start, all: true)
        #expect(due.map(\.count) == [4])
        ledger.putBack(due, at: start)
        #expect(ledger.takeDue(at: start).map(\.count) == [4])
    }

    @Test("a flood of strangers fills no more than its share, and every refusal is counted")
    func flood() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink(), maximumBytes: 4 << 20)
        for _ in 0..<100 {
            for number in 0..<300 {
                var event = refusal(peer: "\(number)")
                event.actor = .stranger(peer: "\(number)", claimedIdentity: String(repeating: "x", count: 2000))
                test.trail.recordRefusal(event)
            }
            test.time.advance(1_000_000)
            test.trail.writeDueRefusals()
            // Waits until the refusals before it are written.
            try await test.trail.record(.numbered(0))
        }
        #expect(test.trail.spool.index.bytes < 3 << 20)
        #expect(test.trail.isAccepting)
        try await test.finish()
        let events = try test.sink.events().filter { $0.operation == .connect || $0.operation == .unspecified }
        #expect(events.reduce(0) { $0 + $1.count } == 30_000)
        #expect(test.failures.all.isEmpty)
    }
}
