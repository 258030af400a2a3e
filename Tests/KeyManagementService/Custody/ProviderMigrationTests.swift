import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Foundation
import Testing

@testable import KeyManagementService

private let softHSM = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
    .first { FileManager.default.fileExists(atPath: $0) }

/// Real providers: a passphrase, a token of SoftHSM2, and shares.
@Suite(.enabled(if: TestStore.isConfigured && softHSM != nil)) struct ProviderMigrationTests {
    @Test func aStoreMovesFromAPassphraseToATokenWhileGrantsOpen() async throws {
        let folder = NSTemporaryDirectory() + "/fieldseal-migration-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\n"
            .write(toFile: folder + "/softhsm2.conf", atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        try run(
            "/usr/bin/softhsm2-util",
            ["--init-token", "--free", "--label", "fs", "--pin", "8642", "--so-pin", "12345678"])
        for (name, text) in [("passphrase", "correct horse battery staple"), ("pin", "8642")] {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
        }
        let token = PKCS11Provider(
            PKCS11Configuration(
                module: try #require(softHSM), token: .label("fs"), keyLabel: "fieldseal",
                pinFile: PINFile(path: folder + "/pin")))
        try await token.makeKey()
        let passphrase = PassphraseProvider(file: PassphraseFile(path: folder + "/passphrase"), scrypt: try Scrypt())
        let old = Custodian(name: "passphrase", provider: passphrase)
        let new = Custodian(name: "hsm", provider: token)

        try await TestStore.with { store in
            let former = try await store.replica(custodians: Custodians([old]))
            let recipient = try Recipient()
            _ = try await former.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await former.grant(.email, to: recipient))
            let both = try await store.replica(custodians: Custodians([old, new]))
            try await both.addCustodian("hsm", isDryRun: false, context: .test)
            let object = try #require(try await both.keyObject(named: "master"))
            _ = try await both.rotate(object, called: "master", context: .test)
            #expect(try await both.drill(context: .test) == ["passphrase": .passed, "hsm": .passed])
            #expect(try recipient.open(try await former.grant(.email, to: recipient)) == key)
            try await both.removeCustodian("passphrase", isDryRun: false, context: .test)
            for each in [former, both] {
                #expect(try recipient.open(try await each.grant(.email, to: recipient)) == key)
            }
            let alone = try await store.replica(custodians: Custodians([new]))
            #expect(try recipient.open(try await alone.grant(.email, to: recipient)) == key)
            await #expect(throws: MasterKeyError.self) {
                try await store.sealedReplica(custodians: Custodians([old])).unseal()
            }
        }
    }
}
