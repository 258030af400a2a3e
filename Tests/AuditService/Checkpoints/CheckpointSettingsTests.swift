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
        #expect(settings.origin == "example.org/log" && settings.nextKey == nil)
        guard case .file(let file) = settings.key else {
            Issue.record("not a file")
            return
        }
        #expect(file.path == "/etc/log.key")
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
        "origin: a\nsigning-key: k\nsigning-token: {module: m, token-label: t, key-label: l, pin-file: p}",
        "origin: a\nsigning-token: {module: m, token-label: t, slot: 1, key-label: l, pin-file: p}",
        "origin: a\nsigning-token: {module: m, token-label: t, key-label: l}",
        "origin: a\nnext-signing-key: k",
    ])
    func whatIsWrongIsRefused(text: String) {
        #expect(throws: ConfigurationError.self) { try settings(text) }
    }

    @Test func aKeyCanBeOnATokenAndHaveASuccessor() throws {
        let token = "{module: m.so, token-label: t, key-label: log, pin-file: pin}"
        let settings = try settings("origin: a\nsigning-key: k\nnext-signing-token: \(token)")
        guard case .token(let configuration)? = settings.nextKey else {
            Issue.record("no token")
            return
        }
        #expect(configuration.module == "/etc/m.so" && configuration.keyLabel == "log")
        #expect(configuration.pinFile.path == "/etc/pin" && configuration.token.description == "labelled t")
    }

    @Test func aKeyFileOfAnotherOriginOrOpenToOthersIsRefused() async throws {
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
        func signers(_ origin: String, _ more: String = "") async throws -> [NoteVerifier] {
            try await settings("origin: \(origin)\nsigning-key: \(path)\n\(more)").signers().map(\.verifier)
        }
        chmod(path, 0o644)
        await #expect(throws: StartupError.self) { try await signers("example.org/log") }
        chmod(path, 0o600)
        let verifiers = try await signers("example.org/log")
        #expect(verifiers == [key.verifier])
        await #expect(throws: StartupError.self) { try await signers("example.org/other") }
        await #expect(throws: StartupError.self) { try await signers("example.org/log", "next-signing-key: \(path)") }
    }
}
