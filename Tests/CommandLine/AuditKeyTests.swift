import FieldsealSecureMemory
import FieldsealTransparencyLog
import Foundation
import Testing

@testable import CommandLineTool

@Suite struct AuditKeyTests {
    @Test func aKeyIsMadeOnceForItsOwnerAlone() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).key").path
        defer { unlink(path) }
        let cluster = TestCluster()
        let (status, output, _) = await cluster.run("audit", "make-key", "--origin", "example.org/log", path)
        #expect(status == .done)
        let verifier = try NoteVerifier(output.trimmingCharacters(in: .newlines))
        let text = try SecretFile(path: path, holding: "signing key", length: 1...SignerKey.maximumCount).read()
        #expect(try SignerKey(parsing: text).verifier == verifier)
        #expect(verifier.key.name == "example.org/log" && verifier.type == .note)
        let (again, _, errors) = await cluster.run("audit", "make-key", "--origin", "example.org/log", path)
        #expect(again == .usage && errors.contains("File exists"))
        let (wrong, _, _) = await cluster.run("audit", "make-key", "--origin", "a b", path + ".2")
        #expect(wrong == .usage)
    }

    @Test func aWitnessHasAKeyOfAnotherType() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).key").path
        defer { unlink(path) }
        let cluster = TestCluster()
        let (status, output, _) = await cluster.run("audit", "make-key", "--witness", "example.org/witness", path)
        #expect(status == .done)
        let verifier = try NoteVerifier(output.trimmingCharacters(in: .newlines))
        let text = try SecretFile(path: path, holding: "witness key", length: 1...SignerKey.maximumCount).read()
        #expect(try SignerKey(parsing: text).verifier == verifier)
        #expect(verifier.key.name == "example.org/witness" && verifier.type == .cosignature)
        let (both, _, errors) = await cluster.run("audit", "make-key", "--witness", "a", "--origin", "b", path + ".2")
        let (neither, _, _) = await cluster.run("audit", "make-key", path + ".2")
        #expect(both == .usage && neither == .usage && errors.contains("--origin or --witness"))
    }

    @Test func aWitnessIsToldWhatItWatchesAndWhereItListens() async {
        let cluster = TestCluster()
        let (unwatched, _, errors) = await cluster.run("audit", "witness", "--key", "k", "--state", "s")
        #expect(unwatched == .usage && errors.contains("--log-key"))
        let (nowhere, _, reason) = await cluster.run(
            "audit", "witness", "--key", "k", "--state", "s", "--log-key", "l", "--listen", "7404")
        #expect(nowhere == .usage && reason.contains("host:port"))
    }
}
