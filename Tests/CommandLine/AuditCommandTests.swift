import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct AuditCommandTests {
    static func event(_ index: UInt64) -> Proto.StoredEvent {
        Proto.StoredEvent(
            index: index,
            event: Proto.Event(
                firstUnixUs: 1_795_000_000_000_000 + Int64(index), actor: "spiffe://fieldseal.local/backend/demo",
                operation: .decrypt, table: "users", field: "email", keyVersion: 1, outcome: 7, cause: "policy",
                count: 3,
                recordHashes: [UInt8](repeating: 1, count: 32)))
    }

    @Test func printsTheNewestInTheOrderOfTime() async throws {
        let queries = Mutex<[Proto.QueryRequest]>([])
        let cluster = TestCluster { _, payload in
            let query = try Proto.QueryRequest(decoding: payload)
            queries.withLock { $0.append(query) }
            return query.cursor.isEmpty
                ? Proto.QueryResponse(events: [Self.event(9), Self.event(8)], cursor: [1])
                : Proto.QueryResponse(events: [Self.event(7)])
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "audit", "query", "--operation", "decrypt,rotate-key", "--field", "public.users.email", "--outcome",
            "permission-denied", "--since", "2h", "--until", "2026-11-24T10:15Z")
        #expect((status, errors) == (.done, ""))
        let lines = output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("TIME"))
        #expect(
            lines[1]
                == "2026-11-18T11:06:40.000Z  fieldseal.local/backend/demo  decrypt    users.email  0000000000000001      3  permission-denied (policy)"
        )
        let asked = queries.withLock { $0 }
        #expect(asked.map(\.cursor) == [[], [1]])
        #expect(asked[0].operations == [.decrypt, .rotateKey] && asked[0].newestFirst)
        #expect(asked[0].table == "public.users" && asked[0].field == "email")
        #expect(asked[0].outcome == .code && asked[0].outcomeCode == 7)
        #expect(asked[0].fromUnixUs == 1_800_000_000_000_000 - 7_200_000_000)
        #expect(asked[0].untilUnixUs == 1_795_515_300_000_000)
    }

    @Test func stopsAtTheLimitAndSaysSo() async throws {
        let cluster = TestCluster { _, payload in
            let query = try Proto.QueryRequest(decoding: payload)
            #expect(query.pageSize == 2)
            return Proto.QueryResponse(events: [Self.event(9), Self.event(8)], cursor: [1])
        }
        let (status, output, errors) = try await cluster.runConfigured("audit", "query", "--limit", "2", "--json")
        #expect((status, errors) == (.done, ""))
        #expect(output.contains(#""complete": false"#))
        #expect(output.contains("01010101010101010101010101010101"))
        let (_, _, hint) = try await cluster.runConfigured("audit", "query", "--limit", "2")
        #expect(hint.contains("there are older events besides"))
    }

    @Test func tailsWithOneEventALine() async throws {
        let cluster = TestCluster { method, payload in
            guard method == "TailEvents" else { return Proto.HealthCheckResponse(status: .serving) }
            let request = try Proto.TailEventsRequest(decoding: payload)
            #expect(request.afterIndex == 4)
            return Proto.QueryResponse(events: [Self.event(5), Self.event(6), Self.event(7)])
        }
        let (status, output, _) = try await cluster.runConfigured(
            "audit", "tail", "--after", "4", "--limit", "2", "--json")
        #expect(status == .done)
        let lines = output.split(separator: "\n")
        #expect(lines.count == 2 && lines[1].hasPrefix(#"{"index":6,"#))
    }

    @Test(
        arguments: [
            ("2026-11-24", 1_795_478_400_000_000), ("2026-11-24T00:00:01Z", 1_795_478_401_000_000),
            ("90s", 910_000_000),
            ("1970-01-01", 0), ("1969-12-31", -86_400_000_000),
        ] as [(String, Int64)])
    func readsTimes(text: String, expected: Int64) {
        #expect(Time.parse(text, now: 1_000_000_000) == expected)
    }

    @Test(arguments: [
        "", "s", "2026", "2026-13-01", "2026-02-29", "2026-11-24T25:00", "2026-11-24T10", "-5m", "1e3s", "2026-11-24T",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(Time.parse(text, now: 0) == nil)
    }
}
