import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite(.enabled(if: StandIn.isAvailable, "no Python environment for stand-ins")) struct GoogleKMSTests {
    let standIn: StandIn

    init() throws { standIn = try StandIn("google_kms") }

    func configuration(_ credential: GoogleCredential? = nil, key: String? = nil) -> GoogleKMSConfiguration {
        GoogleKMSConfiguration(
            key: key ?? standIn["key"], credential: credential ?? .serviceAccount(file: standIn["account_file"]),
            endpoint: standIn["url"])
    }

    func trial(_ credential: GoogleCredential? = nil, _ environment: [String: String] = [:]) -> ProviderTrial {
        let configuration = configuration(credential)
        return ProviderTrial(
            standIn: standIn, make: { try GoogleKMSProvider(configuration, network: $0) }, environment: environment)
    }

    @Test func keysAreWrappedAndOpenedByEachCredential() async throws {
        try await trial().aKeyIsWrappedAndOpened()
        let metadata = ["GCE_METADATA_HOST": standIn["metadata"]]
        try await trial(.metadataServer, metadata).aKeyIsWrappedAndOpened()
        try await trial(.standard, metadata).aKeyIsWrappedAndOpened()
        try await trial(.standard, ["GOOGLE_APPLICATION_CREDENTIALS": standIn["account_file"]]).aKeyIsWrappedAndOpened()
    }

    @Test func identitiesAreBound() async throws {
        try await trial().otherIdentitiesAreRefused()
        try await trial().theProviderRefusesOtherIdentities()
        try await trial().alterationsAreRefused()
    }

    @Test func wrongPlaintextsAreCaught() async throws { try await trial().wrongPlaintextsAreCaught() }

    @Test func damageOnTheWayIsNoticed() async throws {
        try await trial().modeMeans("corrupt", .unavailable, "CRC32C")
        let provider = try trial().provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: ProviderTrial.identity)
        try await standIn.set(#"{"mode": "corrupt"}"#)
        let before = try await standIn.calls(":decrypt")
        #expect(await code { _ = try await provider.unwrap(wrapped, as: ProviderTrial.identity) } == .unavailable)
        #expect(try await standIn.calls(":decrypt") == before + 4, "asked for again")
    }

    @Test func outagesPass() async throws {
        try await trial().outagesPass()
        try await trial().slownessEndsAtTheDeadline()
    }

    @Test func restartsPass() async throws { try await trial().restartsPass("google_kms") }

    @Test func wrongCredentialsAreNamed() async throws {
        for (credential, text) in [
            (.serviceAccount(file: standIn["stranger_file"]), "invalid_grant"),
            (.serviceAccount(file: "/nonexistent/account.json"), "/nonexistent/account.json"),
            (.serviceAccount(file: "\(standIn["folder"])/leaf.key"), "may be read by others"),
        ] as [(GoogleCredential, String)] {
            let provider = try GoogleKMSProvider(configuration(credential), network: try standIn.network())
            let error = await failure { try await provider.check() }
            #expect(error?.code == .credential)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func denialsAndUnknownKeysAreNamed() async throws {
        try await trial().modeMeans("denied", .denied, "cryptoKeyEncrypterDecrypter")
        try await trial().modeMeans("disabled", .unknownKey, "disabled")
        let wrapped = try await trial().aKeyIsWrappedAndOpened()
        let other = try GoogleKMSProvider(configuration(key: standIn["other_key"]), network: try standIn.network())
        #expect(await code { _ = try await other.unwrap(wrapped, as: ProviderTrial.identity) } == .refused)
        let missing = try GoogleKMSProvider(configuration(key: standIn["key"] + "x"), network: try standIn.network())
        #expect(await code { try await missing.check() } == .unknownKey)
    }

    @Test(arguments: [
        "", "key", "projects/p/locations/l/keyRings/r/cryptoKeys/", "projects/p/locations/l/keyRings/r/x/k",
    ])
    func keysAreNamedInFull(key: String) throws {
        #expect(throws: MasterKeyError.self) {
            _ = try GoogleKMSProvider(configuration(key: key), network: try standIn.network())
        }
    }

    @Test func tokensAreRenewed() async throws {
        let clock = TestClock()
        let configuration = configuration(.metadataServer)
        let network = try standIn.network(["GCE_METADATA_HOST": standIn["metadata"]], now: clock.now)
        let provider = try GoogleKMSProvider(configuration, network: network)
        try await provider.check()
        clock.advance(3_400)
        try await provider.check()
        #expect(try await standIn.calls("default/token") == 2)
        try await standIn.set(#"{"forget": true}"#)
        try await provider.check()
        #expect(try await standIn.calls("default/token") == 3)
    }
}
