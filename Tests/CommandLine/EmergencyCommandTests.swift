import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct EmergencyCommandTests {
    static func watcher(_ number: UInt8, acknowledged: Bool) -> Proto.Watcher {
        Proto.Watcher(
            identity: "spiffe://x/encryption", replica: [UInt8](repeating: number, count: 16), position: 4,
            seenUnixMs: 1_799_999_999_000, acknowledged: acknowledged, lapsesUnixMs: 1_800_000_300_000)
    }

    static func report(_ watchers: [Proto.Watcher]) -> Proto.CompromiseKeyResponse {
        var compromised = OperatorCommandTests.key
        (compromised.state, compromised.compromisedUnixMs) = (.compromised, 1_800_000_000_000)
        return Proto.CompromiseKeyResponse(
            compromised: [compromised], made: [OperatorCommandTests.key],
            affected: [
                Proto.AffectedField(
                    field: "users.email", versions: [0x0123_4567_89AB_CDEF], rows: 1200,
                    censusUnixMs: 1_795_000_000_000),
                Proto.AffectedField(field: "users.name", versions: [7]),
            ],
            revision: 12, watchers: watchers)
    }

    static let use = Proto.SummarizeUseResponse(uses: [
        Proto.UseSummary(
            actor: "spiffe://x/backend", operation: .decrypt, table: "users", field: "email",
            keyVersion: 0x0123_4567_89AB_CDEF, succeeded: 40, failed: 2, firstUnixUs: 1_799_990_000_000_000,
            lastUnixUs: 1_799_999_000_000_000)
    ])

    @Test func printsTheBlastRadiusAndWhoKnows() async throws {
        let cluster = TestCluster { method, payload in
            switch method {
            case "CompromiseKey":
                let request = try Proto.CompromiseKeyRequest(decoding: payload)
                #expect(request.key == "users.email" && request.version == 0 && !request.dryRun)
                #expect(request.reason == "a laptop was lost")
                #expect(request.suspectedSinceUnixMs == 1_800_000_000_000 - 3 * 86_400_000)
                return Self.report([Self.watcher(1, acknowledged: true), Self.watcher(2, acknowledged: false)])
            default:
                #expect(method == "SummarizeUse")
                let request = try Proto.SummarizeUseRequest(decoding: payload)
                #expect(request.keyVersions == [7, 0x0123_4567_89AB_CDEF])
                let from = try #require(request.filter).fromUnixUs
                #expect(from == 1_799_740_800_000_000)
                return Self.use
            }
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "keys", "compromise", "users.email", "--reason", "a laptop was lost", "--suspected-since", "3d")
        #expect((status, errors) == (.done, ""))
        for part in [
            "Compromised\nKEY", "0123456789abcdef  compromised", "Made anew\nKEY",
            """
            Fields concerned
            FIELD        VERSIONS     ROWS  COUNTED
            users.email         1     1200  2026-11-18T11:06:40.000Z
            users.name          1  unknown  -
            """,
            "spiffe://x/backend  decrypt    users.email  0123456789abcdef    40       2  2027-01-15T05:13:20.000Z",
            "Propagation of store revision 12\n",
            "1 of 2 have acknowledged. What the others hold ends by 2027-01-15T08:05:00.000Z.",
        ] { #expect(output.contains(part), "\(part)\nin\n\(output)") }
    }

    @Test func waitsUntilAllHaveAcknowledged() async throws {
        let asked = Mutex(0)
        let cluster = TestCluster { method, payload in
            switch method {
            case "CompromiseKey": return Self.report([Self.watcher(1, acknowledged: false)])
            case "ShowPropagation":
                let request = try Proto.ShowPropagationRequest(decoding: payload)
                #expect(request.revision == 12 && request.waitMs == 5000)
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                return Proto.ShowPropagationResponse(
                    revision: 12, watchers: [Self.watcher(1, acknowledged: count == 2)])
            default: return Self.use
            }
        }
        let (status, output, _) = try await cluster.runConfigured(
            "keys", "compromise", "users.email", "--reason", "x", "--suspected-since", "3d", "--wait", "--json")
        #expect(status == .done && asked.withLock { $0 } == 2)
        #expect(output.contains(#""acknowledged": true"#) && output.contains(#""rows": null"#))
    }

    @Test func saysWhereTheLogIsDenied() async throws {
        let cluster = TestCluster { method, _ in
            guard method == "CompromiseKey" else { throw RPCStatus.permissionDenied("no right") }
            return Self.report([])
        }
        let (status, output, _) = try await cluster.runConfigured(
            "keys", "compromise", "users.email", "--reason", "x", "--suspected-since", "3d", "--dry-run")
        #expect(status == .done)
        #expect(output.contains("The log was not read: not granted to you"))
        #expect(output.contains("Would be compromised\n") && output.hasSuffix("Nothing was changed.\n"))
        #expect(!output.contains("Propagation"))
    }

    @Test func showsPropagation() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "ShowPropagation")
            let asked = try Proto.ShowPropagationRequest(decoding: payload)
            #expect(asked.revision == 9)
            return Proto.ShowPropagationResponse(revision: 9, watchers: [Self.watcher(1, acknowledged: true)])
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "propagation", "9", "--wait")
        #expect(status == .done)
        #expect(output.hasPrefix("Store revision 9\n") && output.hasSuffix("1 of 1 have acknowledged.\n"))
    }

    @Test func listsAlerts() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.ListAlertsRequest(decoding: payload)
            #expect(method == "ListAlerts" && request.limit == 100)
            #expect(request.sinceUnixMs == 1_800_000_000_000 - 86_400_000)
            return Proto.ListAlertsResponse(alerts: [
                Proto.RaisedAlert(
                    id: [1], raisedUnixMs: 1_795_000_000_000, kind: "rotation-overdue", severity: "warning",
                    object: "users.email", text: "late since", pending: 1)
            ])
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "alerts", "--since", "1d")
        #expect(status == .done)
        #expect(
            output == """
                RAISED                    SEVERITY  KIND              OBJECT       PENDING  TEXT
                2026-11-18T11:06:40.000Z  warning   rotation-overdue  users.email        1  late since

                """)
    }
}
