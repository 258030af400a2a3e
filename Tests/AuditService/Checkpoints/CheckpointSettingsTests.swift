import FieldsealCrypto
import FieldsealServiceRuntime
import FieldsealTransparencyLog
import Glibc
import Testing

@testable import AuditService

@Suite struct CheckpointSettingsTests {
    private func settings(_ text: String) throws(ConfigurationError) -> CheckpointSettings {
        let section = try ConfigurationSection(yaml: text, file: "/etc/x.yaml", environment: [:])
        let settings = try CheckpointSettings(section)
        try section.finish()
        return settings
    }

    private func witness() throws -> String {
        let key = try #require(Ed25519PublicKey([UInt8](repeating: 3, count: 32)))
        return try NoteVerifier(name: "witness.test/1", type: .cosignature, publicKey: key).description
    }

    @Test func defaultsAndPathsAreThoseOfTheManual() throws {
        let settings = try settings("origin: example.org/log\nsigning-key: log.key")
        #expect(settings.origin == "example.org/log" && settings.key.path == "/etc/log.key")
        #expect(settings.beat == .seconds(1) && settings.idleBeat == .seconds(60))
        #expect(settings.witnesses.isEmpty && settings.quorum == 0)
    }

    @Test func allWitnessesAreTheQuorumUnlessFewerAreGiven() throws {
        let head = "origin: a\nsigning-key: k\nwitnesses:\n  - {key: \(try witness()), url: \"https://w.test/x/\"}\n"
        #expect(try settings(head).quorum == 1)
        #expect(try settings(head).witnesses[0].url == "https://w.test/x")
        #expect(try settings(head + "quorum: 0").quorum == 0)
        #expect(throws: ConfigurationError.self) { try settings(head + "quorum: 2") }
        #expect(throws: ConfigurationError.self) {
            try settings(head + "  - {key: \(try witness()), url: \"https://v.test\"}\n")
        }
    }

    @Test(arguments: [
        "signing-key: k", "origin: a", "origin: a\nsigning-key: k\nseconds: 0",
        "origin: a\nsigning-key: k\nwitnesses: [{key: x, url: \"https://w.test\"}]",
        "origin: \"a\\nb\"\nsigning-key: k",
    ])
    func whatIsWrongIsRefused(text: String) {
        #expect(throws: ConfigurationError.self) { try settings(text) }
    }

    @Test func aKeyFileOfAnotherOriginOrOpenToOthersIsRefused() throws {
        let folder = "/tmp/fieldseal-key-\(UInt64.random(in: 0 ... .max))"
        #expect(mkdir(folder, 0o700) == 0)
        defer { rmdir(folder) }
        let path = folder + "/log.key"
        defer { unlink(path) }
        let key = try SignerKey(name: "example.org/log")
        let text = key.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } + "\n"
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        func signer(_ origin: String) throws -> Ed25519Signer {
            try settings("origin: \(origin)\nsigning-key: \(path)").signer()
        }
        chmod(path, 0o644)
        #expect(throws: StartupError.self) { try signer("example.org/log") }
        chmod(path, 0o600)
        #expect(try signer("example.org/log").verifier == key.verifier)
        #expect(throws: StartupError.self) { try signer("example.org/other") }
    }
}
