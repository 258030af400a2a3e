import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct DestructionCommandTests {
    @Test(
        arguments: [
            ([], "ScheduleDestruction", false), (["--cancel"], "CancelDestruction", false),
            (["--force", "--dry-run"], "ForceDestruction", true),
        ] as [([String], String, Bool)])
    func asksForTheRightOne(flags: [String], expected: String, dryRun: Bool) async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.KeyVersionRequest(decoding: payload)
            #expect(method == expected && request.version == 0xAB && request.dryRun == dryRun)
            return Proto.DestructionResponse(key: OperatorCommandTests.key, state: .scheduled)
        }
        let (status, output, _) = try await cluster.runConfigured(
            ["keys", "destroy", "users.email", "00000000000000ab"] + flags)
        #expect(status == .done && output.contains("Destruction  scheduled"))
        #expect(output.hasSuffix("Nothing was changed.\n") == dryRun)
    }

    @Test func tellsWhatADestructionWaitsFor() async throws {
        let cluster = TestCluster { _, _ in
            Proto.DestructionResponse(
                key: OperatorCommandTests.key, state: .scheduled, destroyUnixMs: 1_795_000_000_000,
                waitsFor: "census", completeUnixMs: 1_795_086_400_000)
        }
        let (_, output, _) = try await cluster.runConfigured("keys", "destroy", "users.email", "00000000000000ab")
        #expect(
            output == """
                Key          users.email
                Version      0123456789abcdef
                State        active
                Destruction  scheduled
                Earliest     2026-11-18T11:06:40.000Z
                Waits for    census
                Complete on  2026-11-19T11:06:40.000Z

                """)
        let (_, json, _) = try await cluster.runConfigured(
            "keys", "destroy", "users.email", "00000000000000ab", "--json")
        #expect(json.contains(#""waits-for": "census""#) && json.contains(#""proposed-by": null"#))
    }

    @Test func aProposalWaitsForASecondAdministrator() async throws {
        let cluster = TestCluster { _, _ in
            Proto.DestructionResponse(state: .proposed, proposedBy: "spiffe://x/operator")
        }
        let (_, output, _) = try await cluster.runConfigured(
            "keys", "destroy", "users.email", "00000000000000ab", "--force")
        #expect(output.contains("Proposed by  spiffe://x/operator"))
        #expect(output.hasSuffix("A second administrator has to ask for the same.\n"))
    }

    @Test func erasesTheSubjectOfStandardInput() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "EraseSubject")
            let request = try Proto.EraseSubjectRequest(decoding: payload)
            #expect(request.table == "users" && request.subjectID == Array("person 7".utf8) && !request.dryRun)
            return Proto.EraseSubjectResponse(
                found: true, subjectKeyID: [UInt8](repeating: 0xAB, count: 16), erasedUnixMs: 1_795_000_000_000,
                completeUnixMs: 1_795_086_400_000, revision: 9,
                watchers: [EmergencyCommandTests.watcher(1, acknowledged: true)],
                indexColumns: ["users.email/equality"])
        }
        let (status, output, _) = try await cluster.runConfigured(
            "keys", "erase-subject", "users", input: "person 7\n")
        #expect(status == .done)
        for line in [
            "Subject key  abababab-abab-abab-abab-abababababab", "Complete on  2026-11-19T11:06:40.000Z",
            "Set these index columns of the subject's rows to null: users.email/equality",
            "1 of 1 have acknowledged.",
        ] { #expect(output.contains(line + "\n"), "\(line)") }
        let file = try TemporaryFile("cGVyc29uIDc=")
        let (same, _, _) = try await cluster.runConfigured(
            "keys", "erase-subject", "users", "--subject-file", file.path, "--base64")
        #expect(same == .done)
    }

    @Test func aSubjectWithoutAKeyHasNothingToErase() async throws {
        let cluster = TestCluster { _, payload in
            let asked = try Proto.EraseSubjectRequest(decoding: payload)
            #expect(asked.dryRun)
            return Proto.EraseSubjectResponse()
        }
        let (status, output, _) = try await cluster.runConfigured(
            "keys", "erase-subject", "users", "--dry-run", input: "x")
        #expect((status, output) == (.done, "The subject has no key in this table; nothing of it can be read.\n"))
    }

    @Test(arguments: ["", "\n", String(repeating: "x", count: 257), String(repeating: "x", count: 2000)])
    func refusesWhatIsNoSubject(input: String) async throws {
        let (status, _, errors) = try await TestCluster().runConfigured(
            "keys", "erase-subject", "users", input: input)
        #expect(status == .usage && errors.contains("256 bytes"))
    }
}
