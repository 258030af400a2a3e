import FieldsealCrypto
import FieldsealSecureMemory
import Foundation
import Testing

@testable import FieldsealCustody

/// SoftHSM2 with tokens of this test run. They are made before the module is loaded, which looks for tokens once.
struct SoftHSM: Sendable {
    static let module = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
        .first { FileManager.default.fileExists(atPath: $0) }
    static var isInstalled: Bool { module != nil }
    static let pin = "8642"
    static let shared = Result { try SoftHSM() }

    private let folder: String

    private init() throws {
        folder = NSTemporaryDirectory() + "/fieldseal-softhsm-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        try "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
            .write(toFile: folder + "/softhsm2.conf", atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        for label in ["good", "other", "refusing", "empty"] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
            process.arguments = [
                "--init-token", "--free", "--label", label, "--pin", Self.pin, "--so-pin", "12345678",
            ]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "softhsm2-util failed")
        }
    }

    func configuration(_ token: String, key: String, pinFile: String) throws -> PKCS11Configuration {
        PKCS11Configuration(
            module: try #require(Self.module), token: .label(token), keyLabel: key,
            pinFile: PINFile(path: pinFile))
    }
}

@Suite(.enabled(if: SoftHSM.isInstalled), .serialized) struct PKCS11Tests {
    private static let identity = PassphraseTests.identity

    @Test func aMasterKeyIsWrappedOnTheTokenAndOpened() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin + "\n") { pin in
            let provider = PKCS11Provider(try hsm.configuration("good", key: "master", pinFile: pin))
            #expect(
                await code { _ = try await provider.wrap(try .random(count: 32), as: Self.identity) } == .credential)
            try await provider.makeKey()
            let key = try SecretBytes.random(count: 32)
            let wrapped = try await provider.wrap(key, as: Self.identity)
            #expect(wrapped.count == 1 + 12 + 32 + 16 && wrapped[0] == 6)
            let again = try await provider.wrap(key, as: Self.identity)
            #expect(again != wrapped)
            // Another process would have a session of its own.
            let next = PKCS11Provider(try hsm.configuration("good", key: "master", pinFile: pin))
            for each in [provider, next] {
                let opened = try await each.unwrap(wrapped, as: Self.identity)
                let same = constantTimeEquals(opened, key)
                #expect(same)
            }
            for position in [1, 13, 44, 60] {
                var altered = wrapped
                altered[position] ^= 1
                #expect(await code { _ = try await provider.unwrap(altered, as: Self.identity) } == .refused)
            }
            let stranger = KeyIdentity(
                kind: .master, row: .random(), object: Self.identity.object, version: Self.identity.version,
                parent: nil)
            #expect(await code { _ = try await provider.unwrap(wrapped, as: stranger) } == .refused)
            for malformed in [
                [], [2] + wrapped.dropFirst(), Array(wrapped.prefix(29)), wrapped + Array(repeating: 0, count: 300),
            ] {
                #expect(await code { _ = try await provider.unwrap(malformed, as: Self.identity) } == .malformed)
            }
            let opened = try await provider.unwrap(wrapped, as: Self.identity)
            let same = constantTimeEquals(opened, key)
            #expect(same, "failures leave the session usable")
        }
    }

    @Test func aKeyOnTheTokenSigns() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin) { pin in
            let key = PKCS11SigningKey(try hsm.configuration("good", key: "signing", pinFile: pin))
            #expect(await code { _ = try await key.sign([1]) } == .credential)
            try await key.makeKey()
            let publicKey = try await key.publicKey()
            for message in [[], [1], [UInt8](repeating: 7, count: 4_096)] {
                let signature = try await key.sign(message)
                #expect(try publicKey.isValid(signature, of: message))
                #expect(try !publicKey.isValid(signature, of: message + [0]))
            }
            // Another process finds the same key; nobody makes a second one.
            let next = PKCS11SigningKey(try hsm.configuration("good", key: "signing", pinFile: pin))
            let (signature, nextPublicKey) = (try await next.sign([2]), try await next.publicKey())
            #expect(try publicKey.isValid(signature, of: [2]) && nextPublicKey == publicKey)
            let again = await failure { try await next.makeKey() }
            #expect(again?.description == "the token has an Ed25519 key with the label signing already")
            // A key of another kind under the label is none.
            let wrapping = PKCS11Provider(try hsm.configuration("good", key: "signing", pinFile: pin))
            #expect(
                await code { _ = try await wrapping.wrap(try .random(count: 32), as: Self.identity) } == .credential)
        }
    }

    @Test func callsFromManyTasksComeOneAfterTheOther() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin) { pin in
            let provider = PKCS11Provider(try hsm.configuration("good", key: "shared", pinFile: pin))
            try await provider.makeKey()
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        let key = try SecretBytes.random(count: 32)
                        let wrapped = try await provider.wrap(key, as: Self.identity)
                        let opened = try await provider.unwrap(wrapped, as: Self.identity)
                        let same = constantTimeEquals(opened, key)
                        #expect(same)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func anotherKeyDoesNotOpen() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin) { pin in
            let (one, two) = (
                PKCS11Provider(try hsm.configuration("other", key: "one", pinFile: pin)),
                PKCS11Provider(try hsm.configuration("other", key: "two", pinFile: pin))
            )
            for provider in [one, two] { try await provider.makeKey() }
            let wrapped = try await one.wrap(try .random(count: 32), as: Self.identity)
            #expect(await code { _ = try await two.unwrap(wrapped, as: Self.identity) } == .refused)
            let three = PKCS11Provider(try hsm.configuration("other", key: "three", pinFile: pin))
            for _ in 0..<2 { try await three.makeKey() }
            let error = await failure { _ = try await three.unwrap(wrapped, as: Self.identity) }
            #expect(error?.description == "the token has several AES keys with the label three")
            // Noticed in an open session, too.
            try await one.makeKey()
            #expect(await code { _ = try await one.unwrap(wrapped, as: Self.identity) } == .credential)
        }
    }

    @Test func aSessionThatWasClosedIsOpenedAgain() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin) { pin in
            let provider = PKCS11Provider(try hsm.configuration("other", key: "session", pinFile: pin))
            try await provider.makeKey()
            let key = try SecretBytes.random(count: 32)
            let wrapped = try await provider.wrap(key, as: Self.identity)
            try await provider.closeAllSessions()
            let opened = try await provider.unwrap(wrapped, as: Self.identity)
            let same = constantTimeEquals(opened, key)
            #expect(same)
        }
    }

    /// The second attempt would count against the token's limit.
    @Test func aWrongPINIsTriedOnceOnly() async throws {
        let hsm = try SoftHSM.shared.get()
        let folder = NSTemporaryDirectory() + "/fieldseal-pin-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/pin"
        func write(_ pin: String) throws {
            try pin.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        try write("wrong-pin")
        let provider = PKCS11Provider(try hsm.configuration("refusing", key: "master", pinFile: path))
        let first = await failure { try await provider.makeKey() }
        #expect(first?.code == .credential && first?.description.contains("refuses the PIN") == true)
        for _ in 0..<5 {
            let next = await failure { try await provider.makeKey() }
            #expect(next?.code == .credential && next?.description.contains("has refused the PIN in \(path)") == true)
            #expect(next?.description.contains("wrong-pin") == false)
        }
        try write(SoftHSM.pin)
        try await provider.makeKey()
        _ = try await provider.wrap(try .random(count: 32), as: Self.identity)
    }

    @Test func whatIsMissingIsNamed() async throws {
        let hsm = try SoftHSM.shared.get()
        try await withFile(SoftHSM.pin) { pin in
            let absent = PKCS11Provider(try hsm.configuration("nowhere", key: "k", pinFile: pin))
            let noToken = await failure { _ = try await absent.wrap(try .random(count: 32), as: Self.identity) }
            #expect(noToken?.code == .unavailable && noToken?.description.contains("labelled nowhere") == true)
            let keyless = PKCS11Provider(try hsm.configuration("empty", key: "k", pinFile: pin))
            let noKey = await failure { _ = try await keyless.wrap(try .random(count: 32), as: Self.identity) }
            #expect(noKey?.code == .credential && noKey?.description.contains("label k") == true)
            for module in ["/nonexistent.so", "/etc/passwd", "/usr/lib/x86_64-linux-gnu/libz.so.1"] {
                var configuration = try hsm.configuration("good", key: "k", pinFile: pin)
                configuration.module = module
                let provider = PKCS11Provider(configuration)
                let error = await failure { _ = try await provider.wrap(try .random(count: 32), as: Self.identity) }
                #expect(error?.code == .credential && error?.description.contains(module) == true)
            }
        }
        try await withFile(SoftHSM.pin, mode: 0o644) { pin in
            let open = PKCS11Provider(try hsm.configuration("good", key: "k", pinFile: pin))
            let error = await failure { _ = try await open.wrap(try .random(count: 32), as: Self.identity) }
            #expect(error?.code == .credential && error?.description.contains("PIN file") == true)
        }
    }
}
