import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import CommandLineTool

/// Times, CSV and cursors of `audit query`, and `audit reconcile`.
@Suite struct AuditorTests {
    private static let zone = Zone(name: "Europe/Berlin")

    @Test(
        arguments: [
            ("2026-07-01T12:00", 1_782_900_000), ("2026-01-01", 1_767_222_000), ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("2026-01-01T05:30:00+05:30", 1_767_225_600), ("2025-12-31T19:00-05:00", 1_767_225_600),
            // What the clocks show twice is the first time.
            ("2026-10-25T02:30", 1_792_888_200),
        ] as [(String, Int64)])
    func readsTimesInAZone(text: String, seconds: Int64) throws {
        #expect(Time.parse(text, now: 0, in: try #require(Self.zone)) == seconds * 1_000_000)
    }

    @Test(arguments: [
        // What the clocks skip.
        "2026-03-29T02:30", "2026-01-01T00:00+25:00", "2026-01-01T00:00+0100", "2026-01-01T00:00+", "2026-01-01T+01:00",
    ])
    func refusesWhatIsNoTimeInTheZone(text: String) throws {
        #expect(Time.parse(text, now: 0, in: try #require(Self.zone)) == nil)
    }

    @Test func writesTimesInAZone() throws {
        let zone = try #require(Self.zone)
        #expect(Time.text(unixMicroseconds: 1_782_900_000_250_000, in: zone) == "2026-07-01T12:00:00.250+02:00")
        #expect(Time.text(unixMicroseconds: 1_767_222_000_000_000, in: zone) == "2026-01-01T00:00:00.000+01:00")
        #expect(Time.text(unixMicroseconds: -1, in: .utc) == "1969-12-31T23:59:59.999Z")
        let half = try #require(Zone(name: "America/St_Johns"))
        #expect(Time.text(unixMicroseconds: 1_767_225_600_000_000, in: half) == "2025-12-31T20:30:00.000-03:30")
        #expect(Zone(name: "CET") == nil && Zone(name: "Europe/Nowhere") == nil && Zone(name: "UTC") == .utc)
    }

    @Test func skippedTimesAreNamed() async throws {
        let (status, _, errors) = try await TestCluster().runConfigured(
            "audit", "query", "--time-zone", "Europe/Berlin", "--since", "2026-03-29T02:30")
        #expect(status == .usage && errors.contains("--since: the clocks of that zone skip this time"))
    }

    @Test func printsCSVThatIsNoFormula() async throws {
        let cluster = TestCluster { _, _ in
            var hostile = AuditCommandTests.event(1)
            hostile.producer = "spiffe://a/b"
            hostile.event?.actor = "=HYPERLINK(\"http://x\",\"y\")"
            hostile.event?.table = "a,b\r\nc"
            hostile.event?.field = "@SUM(1)"
            hostile.event?.object = "\u{FF1D}1"
            hostile.event?.assertedActor = "\"\u{301}x"
            return Proto.QueryResponse(events: [hostile])
        }
        let (status, output, _) = try await cluster.runConfigured(
            "audit", "query", "--csv", "--time-zone", "Europe/Berlin")
        #expect(status == .done)
        // By bytes: to Swift, CR and LF are one character.
        let lines = output.utf8.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.first?.hasPrefix("index,first,last,stored,operation,outcome,cause,count,actor,") == true)
        #expect(lines.first?.utf8.last == 13)
        #expect(output.contains(",2026-11-18T12:06:40.000+01:00,"))
        #expect(output.contains(#","'=HYPERLINK(""http://x"",""y"")",false,"#))
        #expect(output.utf8.count(where: { $0 == 13 }) == 3)
        #expect(output.contains(#","'@SUM(1)","#) && output.contains("\"'\u{FF1D}1\""))
        #expect(
            output.unicodeScalars.split(separator: ",").contains { $0.elementsEqual("\"\"\"\u{301}x\"".unicodeScalars) }
        )
        let both = try await cluster.runConfigured("audit", "query", "--csv", "--json")
        #expect(both.0 == .usage)
    }

    @Test func aCursorGoesOnBehindAnAnswer() async throws {
        let cluster = TestCluster { _, payload in
            let query = try Proto.QueryRequest(decoding: payload)
            return query.cursor == [0xab, 1]
                ? Proto.QueryResponse(events: [AuditCommandTests.event(7)])
                : Proto.QueryResponse(
                    events: [AuditCommandTests.event(9), AuditCommandTests.event(8)], cursor: [0xab, 1])
        }
        let (_, first, _) = try await cluster.runConfigured("audit", "query", "--limit", "2", "--json")
        #expect(first.contains(#""cursor": "ab01""#))
        let (_, second, _) = try await cluster.runConfigured("audit", "query", "--cursor", "ab01", "--json")
        #expect(second.contains(#""index": 7"#) && second.contains(#""cursor": null"#))
        let refused = try await cluster.runConfigured("audit", "query", "--cursor", "x")
        #expect(refused.0 == .usage)
    }

    // MARK: reconcile

    private static let epoch = [UInt8](repeating: 7, count: 16)

    private static func entry(_ change: (inout AuditEpoch) -> Void = { _ in }) -> AuditEpoch {
        var entry = AuditEpoch(
            producer: "spiffe://x/encryption", epoch: epoch, firstSequence: 1, lastSequence: 5, blocks: 5,
            statedEvents: 20, events: 20)
        change(&entry)
        return entry
    }

    private static func statement(last: UInt64, waiting: UInt64 = 0) -> Reconciliation.Statement {
        .init(
            producer: "spiffe://x/encryption", address: "a:1",
            spool: .init(waitingBlocks: waiting, epoch: epoch, lastSequence: last))
    }

    @Test func producersAndLogAgree() {
        let reconciliation = Reconciliation(
            [Self.statement(last: 7, waiting: 2)],
            [
                Self.entry(),
                Self.entry {
                    ($0.producer, $0.firstSequence, $0.blocks) = ("spiffe://x/keys", 3, 3)
                    ($0.events, $0.outboxEvents) = (19, 4)
                },
            ])
        #expect(reconciliation.differences == 0 && reconciliation.lines.count == 2)
        #expect(reconciliation.lines.map(\.remarks.count) == [1, 1])
        // The log may have taken more since the producer was asked.
        #expect(Reconciliation([Self.statement(last: 3)], [Self.entry()]).differences == 0)
    }

    @Test(
        arguments: [
            (entry { $0.blocks = 4 }, 5, "1 blocks are missing within"),
            (entry { $0.events = 19 }, 5, "1 events are missing"),
            (entry { $0.events = 21 }, 5, "1 events more than its blocks have"),
            (entry { $0.dropped = 3 }, 5, "3 items were dropped, as it says itself"),
            (entry(), 9, "4 blocks at the end that the log has acknowledged are missing"),
        ] as [(AuditEpoch, UInt64, String)])
    func whatDiffersIsNamed(entry: AuditEpoch, made: UInt64, difference: String) {
        let reconciliation = Reconciliation([Self.statement(last: made)], [entry])
        #expect(reconciliation.lines.map(\.differences) == [[difference]])
    }

    @Test func anEpochThatTheLogDoesNotKnowIsMissing() {
        let reconciliation = Reconciliation([Self.statement(last: 2)], [])
        #expect(reconciliation.lines.map(\.differences.count) == [1])
    }

    @Test func reconcileEndsWithAStatus() async throws {
        let entry = Mutex(Self.entry())
        let cluster = TestCluster { method, _ in
            switch method {
            case "ListEpochs": return Proto.ListEpochsResponse(epochs: [entry.withLock { $0 }])
            default:
                return Proto.SpoolStatusResponse(epoch: Self.epoch, lastSequence: 5)
            }
        }
        var (status, output, errors) = try await cluster.runConfigured("audit", "reconcile")
        // Two of the three services run an epoch that the log does not know.
        #expect(status == .failed && errors.contains("2 differences"))
        #expect(output.contains("agrees") && output.contains("differs: 5 blocks at the end"))
        entry.withLock { $0.blocks = 3 }
        (status, output, errors) = try await cluster.runConfigured("audit", "reconcile", "--json")
        #expect(status == .failed && output.contains(#""differences": 3"#))
        let silent = TestCluster { method, _ in
            guard method == "ListEpochs" else { throw RPCStatus.unavailable("away") }
            return Proto.ListEpochsResponse(epochs: [Self.entry()])
        }
        (status, output, errors) = try await silent.runConfigured("audit", "reconcile")
        #expect(status == .unreachable && output.contains("spiffe://x/keys at 127.0.0.1:7402 did not answer"))
    }
}
