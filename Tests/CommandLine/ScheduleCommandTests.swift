import FieldsealMessages
import FieldsealRPC
import Testing

@testable import CommandLineTool

@Suite struct ScheduleCommandTests {
    static let late = Proto.ScheduleEntry(
        name: "users.email", type: .fek, version: 5, action: .rotate, dueUnixMs: 1_795_000_000_000, late: true,
        waitsFor: "retry", failures: 2, nextAttemptUnixMs: 1_795_000_060_000)
    static let open = Proto.ScheduleEntry(
        name: "users.name", type: .fek, version: 6, action: .closeWindow, dueUnixMs: 1_795_000_000_000,
        waitsFor: "census")

    @Test func showsWhatIsDue() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "ShowSchedule")
            let request = try Proto.ShowScheduleRequest(decoding: payload)
            #expect(request.name == "users")
            return Proto.ShowScheduleResponse(
                entries: request.lateOnly ? [Self.late] : [Self.late, Self.open], scheduler: "replica-1",
                nowUnixMs: 1_795_000_030_000)
        }
        let (status, output, errors) = try await cluster.runConfigured("keys", "schedule", "users")
        #expect((status, errors) == (.done, ""))
        #expect(
            output == """
                KEY          TYPE  VERSION           ACTION        DUE                       LATE  WAITS FOR  FAILURES
                users.email  fek   0000000000000005  rotate        2026-11-18T11:06:40.000Z  late  retry      2, again 2026-11-18T11:07:40.000Z
                users.name   fek   0000000000000006  close-window  2026-11-18T11:06:40.000Z  -     census     -

                """)
        let (_, json, _) = try await cluster.runConfigured("keys", "schedule", "users", "--late", "--json")
        #expect(json.contains(#""scheduler": "replica-1""#) && json.contains(#""waits-for": "retry""#))
        #expect(!json.contains("users.name"))
    }

    @Test func showsFirstWhatIsToBeReencrypted() async throws {
        let cluster = TestCluster { _, _ in
            Proto.ShowScheduleResponse(
                entries: [Self.open], scheduler: "replica-1",
                reencryptions: [
                    Proto.Reencryption(
                        field: "users.email", reason: "compromise", sinceUnixMs: 1_795_000_000_000, versions: [3, 4],
                        rows: 12, censusUnixMs: 1_795_000_060_000),
                    Proto.Reencryption(
                        field: "users.note", reason: "compromise", sinceUnixMs: 1_795_000_000_000, versions: [7]),
                ])
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "schedule")
        #expect(status == .done)
        #expect(
            output == """
                RE-ENCRYPT FIRST  REASON      SINCE                     VERSIONS                           ROWS  CENSUS
                users.email       compromise  2026-11-18T11:06:40.000Z  0000000000000003 0000000000000004  12    2026-11-18T11:07:40.000Z
                users.note        compromise  2026-11-18T11:06:40.000Z  0000000000000007                   -     -

                KEY         TYPE  VERSION           ACTION        DUE                       LATE  WAITS FOR  FAILURES
                users.name  fek   0000000000000006  close-window  2026-11-18T11:06:40.000Z  -     census     -

                """)
        let (_, json, _) = try await cluster.runConfigured("keys", "schedule", "--json")
        #expect(json.contains(#""rows": 12"#) && json.contains(#""rows": null"#))
        #expect(json.contains("0000000000000004"))
    }

    @Test func saysWhereNobodySchedules() async throws {
        let cluster = TestCluster { _, _ in Proto.ShowScheduleResponse() }
        let (status, output, errors) = try await cluster.runConfigured("keys", "schedule", "--late")
        #expect((status, output) == (.done, "Nothing is late.\n"))
        #expect(errors.contains("no replica holds the scheduler's lock"))
    }

    @Test func pausesUntilATime() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "PauseRotation")
            let request = try Proto.PauseRotationRequest(decoding: payload)
            #expect(request.name == "users" && request.untilUnixMs == 1_800_000_000_000 + 7_200_000)
            return Proto.PauseRotationResponse(paused: [
                Proto.PausedRotation(
                    name: "", sinceUnixMs: 1_795_000_000_000, untilUnixMs: 0, actor: "spiffe://x/operator"),
                Proto.PausedRotation(
                    name: "users", sinceUnixMs: 1_795_000_000_000, untilUnixMs: request.untilUnixMs,
                    actor: "spiffe://x/operator"),
            ])
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "pause", "users", "--until", "2h")
        #expect(status == .done)
        #expect(
            output == """
                PAUSED      SINCE                     UNTIL                     BY
                everything  2026-11-18T11:06:40.000Z  resumed                   spiffe://x/operator
                users       2026-11-18T11:06:40.000Z  2027-01-15T10:00:00.000Z  spiffe://x/operator

                """)
    }

    @Test func resumes() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "ResumeRotation")
            let asked = try Proto.ResumeRotationRequest(decoding: payload)
            #expect(asked.name.isEmpty)
            return Proto.PauseRotationResponse()
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "resume")
        #expect((status, output) == (.done, "Nothing is paused.\n"))
    }

    @Test func dryRunsOnlyReadTheSchedule() async throws {
        let cluster = TestCluster { method, _ in
            #expect(method == "ShowSchedule")
            return Proto.ShowScheduleResponse(entries: [Self.late, Self.open], scheduler: "replica-1")
        }
        let (_, paused, _) = try await cluster.runConfigured("keys", "pause", "--dry-run")
        #expect(paused.contains("users.email") && !paused.contains("users.name"))
        let (_, resumed, _) = try await cluster.runConfigured("keys", "resume", "--dry-run")
        #expect(resumed.hasPrefix("These rotations would no longer wait") && !resumed.contains("users.email"))
    }
}
