import FieldsealMessages
import FieldsealServiceRuntime
import Testing

@testable import CommandLineTool

@Suite struct CensusCommandTests {
    static let counts = [Proto.CensusCount(version: 0xAB, rows: 12), Proto.CensusCount(version: 0, rows: 3)]

    static let cluster = TestCluster { method, payload in
        switch method {
        case "ReportCensus":
            let request = try Proto.ReportCensusRequest(decoding: payload)
            #expect(request.field == "users.email" && request.location == "archive" && request.primary)
            #expect(request.begunUnixMs == 1_800_000_000_000 - 900_000)
            #expect(request.counts == Self.counts)
            return Proto.ReportCensusResponse(revision: 12)
        default:
            #expect(method == "ShowCensus")
            return Proto.ShowCensusResponse(censuses: [
                Proto.Census(
                    field: "users.email", begunUnixMs: 1_795_000_000_000, reportedUnixMs: 1_795_000_001_000,
                    reporter: "spiffe://x/migration", counts: Self.counts)
            ])
        }
    }

    @Test func reportsCountsOfArguments() async throws {
        let (status, output, errors) = try await Self.cluster.runConfigured(
            "keys", "census", "report", "users.email", "--count", "00000000000000ab=12", "--count", "none=3", "--begun",
            "15m", "--location", "archive", "--primary")
        #expect((status, errors) == (.done, ""))
        #expect(
            output == """
                VERSION           ROWS
                00000000000000ab    12
                no ciphertext        3
                Reported; store revision 12.

                """)
    }

    @Test func readsBackWhatItPrints() async throws {
        let (_, json, _) = try await Self.cluster.runConfigured("keys", "census", "show", "users.email", "--json")
        let start = try #require(json.range(of: #""counts": ["#)).lowerBound
        let end = try #require(json[start...].firstIndex(of: "]"))
        let file = try TemporaryFile("{\(json[start...end])}")
        let (status, _, errors) = try await Self.cluster.runConfigured(
            "keys", "census", "report", "users.email", "--file", file.path, "--begun", "15m", "--location", "archive",
            "--primary")
        #expect((status, errors) == (.done, ""))
    }

    @Test func aDryRunReportsNothing() async throws {
        let (status, output, _) = try await TestCluster().runConfigured(
            "keys", "census", "report", "users.email", "--count", "none=3", "--begun", "15m", "--dry-run")
        #expect((status, output) == (.done, "VERSION        ROWS\nno ciphertext     3\nNothing was reported.\n"))
    }

    @Test func showsCensuses() async throws {
        let (_, output, _) = try await Self.cluster.runConfigured("keys", "census", "show", "users.email")
        #expect(
            output == """
                FIELD        LOCATION  VERSION           ROWS  BEGUN                     REPORTED BY
                users.email  -         00000000000000ab    12  2026-11-18T11:06:40.000Z  spiffe://x/migration
                users.email  -         no ciphertext        3  2026-11-18T11:06:40.000Z  spiffe://x/migration

                """)
    }

    @Test(arguments: [
        ("{}", "counts are missing"), (#"{"counts": [{"version": "ab", "rows": 1}]}"#, "16 hexadecimal digits"),
        (#"{"counts": [{"version": null}]}"#, "rows are missing"), (#"{"counts": [{"rows": -1}]}"#, "rows"),
        (#"{"counts": [{"rows": 1}, {"version": null, "rows": 2}]}"#, "the version is given twice"),
        (#"{"counts": [{"rows": 1, "colour": 2}]}"#, "unknown key"),
    ])
    func errorsNameThePlace(text: String, problem: String) {
        let error = #expect(throws: ConfigurationError.self) { try CensusFile.parse(text, name: "x") }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["x=1", "00000000000000ab=-1", "00000000000000ab", "=1", "0000000000000000=1", "none=1=2"])
    func refusesWhatIsNoCount(text: String) {
        #expect(CountArgument(argument: text) == nil)
    }
}
