import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealSecureMemory
import Foundation
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct MasterCommandTests {
    static let custodians = [
        Proto.Custodian(
            name: "main", provider: "aws-kms", key: "alias/fieldseal", configured: true, holds: true,
            addedUnixMs: 1_795_000_000_000, drilledUnixMs: 1_795_000_001_000, drillPassed: true),
        Proto.Custodian(
            name: "spare", provider: "passphrase", configured: true, holds: true, addedUnixMs: 1_795_000_000_000,
            drilledUnixMs: 1_795_000_001_000, drillCause: "refused"),
        Proto.Custodian(name: "people", provider: "shares", configured: true),
    ]
    static let master = Proto.ShowMasterResponse(
        key: Proto.KeyInfo(type: .master, name: "master", version: 1, state: .active), custodians: custodians)

    @Test func showsCustodiansAndThatTheWeakestDecides() async throws {
        let cluster = TestCluster { method, _ in
            #expect(method == "ShowMaster")
            return Self.master
        }
        let (status, output, _) = try await cluster.runConfigured("master", "show")
        #expect(status == .done)
        #expect(
            output.hasSuffix(
                """
                CUSTODIAN  PROVIDER    KEY              HOLDS  CONFIGURED  ADDED                     DRILLED                   DRILL
                main       aws-kms     alias/fieldseal  yes    yes         2026-11-18T11:06:40.000Z  2026-11-18T11:06:41.000Z  passed
                spare      passphrase  -                yes    yes         2026-11-18T11:06:40.000Z  2026-11-18T11:06:41.000Z  failed (refused)
                people     shares      -                no     yes         -                         -                         never

                Any one of main, spare opens the master key: the weakest of them decides.

                """))
        let (_, json, _) = try await cluster.runConfigured("master", "show", "--json")
        #expect(json.contains(#""drill-cause": "refused""#) && json.contains(#""drill-passed": null"#))
    }

    @Test func showsWhoIsMissing() async throws {
        let cluster = TestCluster { _, _ in
            Proto.ShowMasterResponse(
                key: Self.master.key,
                custodians: [Self.custodians[0], Proto.Custodian(name: "spare", configured: true, missing: true)])
        }
        let (_, output, _) = try await cluster.runConfigured("master", "show")
        #expect(output.contains("missing  yes"))
        #expect(
            output.hasSuffix("\nspare does not hold the active version; when it is back: fieldseal master add spare\n"))
    }

    @Test(arguments: [("add", "AddCustodian"), ("remove", "RemoveCustodian")])
    func changesCustodians(verb: String, expected: String) async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.CustodianRequest(decoding: payload)
            #expect(method == expected && request.name == "spare" && request.dryRun)
            return Self.master
        }
        let (status, output, _) = try await cluster.runConfigured("master", verb, "spare", "--dry-run")
        #expect(status == .done && output.hasSuffix("\nSo it would be; nothing was changed.\n"))
    }

    @Test func aFailedDrillIsAFailure() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "RunDrill")
            let asked = try Proto.RunDrillRequest(decoding: payload)
            #expect(asked.name.isEmpty)
            return Proto.RunDrillResponse(custodians: Array(Self.custodians.prefix(2)))
        }
        let (status, output, errors) = try await cluster.runConfigured("master", "drill")
        #expect(status == .failed && output.contains("failed (refused)"))
        #expect(errors == "fieldseal: the drill failed for spare\n")
    }

    @Test func backsUpIntoAFileThatIsWhole() async throws {
        let parts = [[UInt8](repeating: 1, count: 70_000), [UInt8](repeating: 2, count: 3)]
        let cluster = TestCluster(streams: [
            "Backup": [
                Proto.BackupChunk(data: parts[0]), Proto.BackupChunk(data: parts[1], last: true, revision: 12),
            ]
        ])
        let folder = try TemporaryFolder()
        let path = folder.path + "/store.backup"
        let (status, output, errors) = try await cluster.runConfigured("master", "backup", "--out", path)
        #expect((status, errors) == (.done, ""))
        let digest = Hexadecimal.encode(try SHA256.hash(parts[0] + parts[1]))
        #expect(output == "\(path): 70003 bytes, store revision 12, SHA-256 \(digest)\n")
        #expect(FileManager.default.contents(atPath: path) == Data(parts[0] + parts[1]))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let names = try folder.names
        #expect(names == ["store.backup"])
        let (again, _, refusal) = try await cluster.runConfigured("master", "backup", "--out", path)
        #expect(again == .usage && refusal.contains("exists"))
    }

    @Test func aBackupThatIsCutOffLeavesNoFile() async throws {
        let cluster = TestCluster(streams: ["Backup": [Proto.BackupChunk(data: [1, 2, 3])]])
        let folder = try TemporaryFolder()
        let (status, output, errors) = try await cluster.runConfigured(
            "master", "backup", "--out", folder.path + "/store.backup")
        #expect((status, output) == (.failed, ""))
        #expect(errors.contains("the backup ended before its last part"))
        let names = try folder.names
        #expect(names.isEmpty)
    }

    @Test func acceptsARestore() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.AcceptRestoreRequest(decoding: payload)
            #expect(method == "AcceptRestore" && request.revision == 40)
            return Proto.AcceptRestoreResponse(
                revision: 43, loggedRevision: 42,
                replayed: [
                    Proto.ReplayedEvent(
                        operation: "compromise-key", object: "users.email", version: 7, unixMs: 1_795_000_000_000)
                ],
                rotated: [OperatorCommandTests.key])
        }
        let (status, output, _) = try await cluster.runConfigured("restore", "accept", "--revision", "40")
        #expect(status == .done)
        #expect(
            output.hasPrefix(
                """
                Replayed
                TIME                      OPERATION       OBJECT       VERSION
                2026-11-18T11:06:40.000Z  compromise-key  users.email  0000000000000007

                Rotated
                """))
        #expect(output.hasSuffix("Store revision 43; the log knows of 42. The store serves.\n"))
        let (_, preview, _) = try await cluster.runConfigured("restore", "accept", "--revision", "40", "--dry-run")
        #expect(preview.contains("Would be replayed\n") && preview.hasSuffix("Nothing was changed.\n"))
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
