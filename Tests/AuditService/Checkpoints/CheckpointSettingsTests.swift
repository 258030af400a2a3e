import FieldsealCrypto
import FieldsealCustody
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
        guard case .remote(let key)? = settings.nextKey else {
            Issue.record("no token")
            return
        }
        let configuration = try #require(key as? PKCS11SigningKey).configuration
        #expect(configuration.module == "/etc/m.so" && configuration.keyLabel == "log")
        #expect(configuration.pinFile.path == "/etc/pin" && configuration.token.description == "labelled t")
    }

    @Test func aKeyCanBeWithEachKeyService() throws {
        func key(_ section: String) throws -> any RemoteSigningKey {
            let settings = try settings("origin: a\nsigning-kms: {\(section)}\nnext-signing-key: k")
            guard case .remote(let key) = settings.key, case .file = settings.nextKey else {
                throw StartupError.usage(section)
            }
            return key
        }
        let google = "provider: google-kms, key: projects/p/locations/l/keyRings/r/cryptoKeys/k"
        let vault = "provider: vault, address: \"https://vault:8200\", key: log, login: approle, role-id: r, "
        let arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
        let aws = try #require(try key("provider: aws-kms, key: \"\(arn)\"") as? AWSKMSSigningKey)
        #expect(aws.configuration.key == arn)
        #expect((try key(google) as? GoogleKMSSigningKey)?.version == 1)
        #expect((try key(google + ", key-version: 4") as? GoogleKMSSigningKey)?.version == 4)
        let transit = try #require(try key(vault + "secret-id-file: s, key-version: 2") as? VaultTransitSigningKey)
        #expect(transit.version == 2 && transit.configuration.login == .appRole(roleID: "r", secretIDFile: "/etc/s"))
    }

    @Test(arguments: [
        ("provider: azure-key-vault, vault: v, key: k", "checkpoints.signing-kms.provider", "no keys of Ed25519"),
        ("provider: passphrase, passphrase-file: p", "checkpoints.signing-kms.provider", "aws-kms, vault, google-kms"),
        ("key: k", "checkpoints.signing-kms.provider", "is missing"),
        ("provider: aws-kms, key: alias/log, region: eu-central-1", "checkpoints.signing-kms.provider", "an alias"),
        ("provider: aws-kms, key: k, region: r, key-version: 1", "checkpoints.signing-kms.key-version", "unknown key"),
        ("provider: google-kms, key: k", "checkpoints.signing-kms.provider", "cryptoKeys/K"),
        ("provider: vault, address: \"http://v\", key: k", "checkpoints.signing-kms.provider", "https://"),
        (
            "provider: vault, address: \"https://v\", key: k, key-version: 0", "checkpoints.signing-kms.key-version",
            "must be from 1"
        ),
        ("provider: vault, address: \"https://v\"}\n  signing-key: {", "checkpoints.signing-key", "given beside"),
        ("provider: vault, address: \"https://v\"}\n  signing-token: {", "checkpoints.signing-token", "given beside"),
    ])
    func whatIsWrongWithAKeyServiceIsNamed(section: String, key: String, problem: String) throws {
        let root = try ConfigurationSection(
            yaml: "checkpoints:\n  origin: a\n  signing-kms: {\(section)}", file: "/etc/x.yaml", environment: [:])
        let error = #expect(throws: ConfigurationError.self) {
            _ = try CheckpointSettings(try root.section("checkpoints"))
            try root.finish()
        }
        #expect(error?.key == key)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "no error")")
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
