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
        #expect(try SignerKey(parsing: text).signer.verifier == verifier)
        #expect(verifier.key.name == "example.org/log" && verifier.type == .note)
        let (again, _, errors) = await cluster.run("audit", "make-key", "--origin", "example.org/log", path)
        #expect(again == .usage && errors.contains("File exists"))
        let (wrong, _, _) = await cluster.run("audit", "make-key", "--origin", "a b", path + ".2")
        #expect(wrong == .usage)
    }
}
