import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Findings", .enabled(if: TestLog.isConfigured))
struct FindingTests {
    private func review(_ finding: Proto.AuditFinding, _ note: String = "a drill") throws -> FindingReview {
        try FindingReview(.init(finding: finding, note: note))
    }

    @Test func anEpochThatWasNeverClosedIsFoundOnce() async throws {
        try await TestLog.with { test async throws in
            var (crashed, next) = (Chain(), Chain())
            _ = try await test.log.append([try crashed.block(), try crashed.block()])
            #expect(try await test.log.findIncomplete(silence: 1_000_000).isEmpty)
            _ = try await test.log.append([try next.block(), try next.block([event(), event(.epochClose)])])
            let found = try await test.log.findIncomplete(silence: 1_000_000)
            #expect(found.map(\.kind) == ["open-epoch"])
            #expect(found.first?.epoch == crashed.epoch && found.first?.sequence == 2)
            #expect(try await test.log.findIncomplete(silence: 1_000_000).isEmpty)
            let status = try await test.log.status()
            #expect(status.findings == found && status.openFindings == 1)
        }
    }

    @Test func aProducerThatFellSilentIsFoundOnceForEachSilence() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let later = EventLog(pool: test.pool, clock: { 5_000 + 61_000_000 })
            _ = try await test.log.append([try chain.block()])
            #expect(try await later.findIncomplete(silence: 61_000_000).isEmpty)
            #expect(try await later.findIncomplete(silence: 60_000_000).map(\.kind) == ["stale-producer"])
            #expect(try await later.findIncomplete(silence: 60_000_000).isEmpty)
            _ = try await test.log.append([try chain.block()])
            #expect(try await later.findIncomplete(silence: 60_000_000).map(\.sequence) == [2])
            _ = try await test.log.append([try chain.block([event(.epochClose)])])
            #expect(try await later.findIncomplete(silence: 60_000_000).isEmpty)
        }
    }

    @Test func lostEventsAndClocksAheadAreFound() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            let ahead = event(at: 5_000 + Finding.clockTolerance + 1)
            _ = try await test.log.append([try chain.block(), try chain.block([ahead])])
            let lossy = chain.encoded { $0.dropped = 3 }
            _ = try await test.log.append([
                try ReceivedBlock(lossy, signature: try chain.signature(of: lossy))
            ])
            #expect(try await test.findings() == ["clock-skew", "dropped"])
        }
    }

    @Test func aReviewIsKeptAndTheFirstOneCounts() async throws {
        try await TestLog.with { test async throws in
            _ = try await test.log.append([try Chain.second()])
            let finding = try #require(try await test.log.findings().listed.first)
            try await test.log.review(try review(finding), by: "spiffe://fieldseal.test/auditor/one")
            try await test.log.review(try review(finding, "another"), by: "spiffe://fieldseal.test/auditor/two")
            let (listed, open) = try await test.log.findings()
            #expect(open == 0 && listed.map(\.note) == ["a drill"])
            #expect(
                listed.first?.reviewer == "spiffe://fieldseal.test/auditor/one" && listed.first?.reviewedUnixUs == 5_000
            )
            var unknown = finding
            unknown.sequence += 1
            await #expect(throws: AuditServiceError.unknownFinding) {
                try await test.log.review(try review(unknown), by: "spiffe://fieldseal.test/auditor/one")
            }
        }
    }

    @Test func aReviewThatIsNoneIsMalformed() {
        let good = Proto.AuditFinding(
            kind: "fork", producer: "p", epoch: [UInt8](repeating: 1, count: 16), sequence: 1)
        for change in [
            { $0.kind = "x" }, { $0.epoch = [1] }, { $0.sequence = .max }, { $0.producer = "\0" },
            { $0.producer = String(repeating: "p", count: 3_000) },
        ] as [(inout Proto.AuditFinding) -> Void] {
            var bad = good
            change(&bad)
            #expect(throws: AuditServiceError.malformed) { try review(bad) }
        }
        for note in ["", "\0", String(repeating: "n", count: 1_001)] {
            #expect(throws: AuditServiceError.malformed) { try review(good, note) }
        }
        #expect(throws: AuditServiceError.malformed) { try FindingReview(.init(note: "n")) }
    }
}
