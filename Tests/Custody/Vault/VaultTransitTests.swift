import FieldsealCrypto
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite(.enabled(if: StandIn.isAvailable, "no Python environment for stand-ins")) struct VaultTransitTests {
    let standIn: StandIn

    init() throws { standIn = try StandIn("vault_transit") }

    func configuration(
        _ login: VaultConfiguration.Login? = nil, key: String = "fieldseal", namespace: String? = nil
    ) -> VaultConfiguration {
        VaultConfiguration(
            address: standIn["url"], key: key, namespace: namespace,
            login: login ?? .token(file: standIn["token_file"]))
    }

    var trial: ProviderTrial {
        let configuration = configuration()
        return ProviderTrial(
            standIn: standIn, make: { try VaultTransitProvider(configuration, network: $0) }, environment: [:])
    }

    var logins: [(VaultConfiguration.Login, [String: String])] {
        [
            (.token(file: nil), ["VAULT_TOKEN": standIn["token"]]), (.token(file: standIn["token_file"]), [:]),
            (.appRole(roleID: standIn["role_id"], secretIDFile: standIn["secret_id_file"]), [:]),
            (.kubernetes(role: "fieldseal", tokenFile: standIn["service_token_file"]), [:]),
        ]
    }

    @Test func keysAreWrappedAndOpenedByEachLogin() async throws {
        for (login, environment) in logins {
            let configuration = configuration(login)
            try await ProviderTrial(
                standIn: standIn, make: { try VaultTransitProvider(configuration, network: $0) },
                environment: environment
            ).aKeyIsWrappedAndOpened()
        }
    }

    @Test func identitiesAreBound() async throws {
        try await trial.otherIdentitiesAreRefused()
        try await trial.theProviderRefusesOtherIdentities()
        try await trial.alterationsAreRefused()
    }

    @Test func wrongPlaintextsAreCaught() async throws { try await trial.wrongPlaintextsAreCaught() }

    @Test func outagesPass() async throws {
        try await trial.outagesPass()
        try await trial.slownessEndsAtTheDeadline()
        try await trial.modeMeans("sealed", .unavailable, "sealed")
        try await trial.modeMeans("standby", .unavailable, "standby")
    }

    @Test func restartsPass() async throws { try await trial.restartsPass("vault_transit") }

    @Test func wrongCredentialsAreNamed() async throws {
        let secretID = standIn["secret_id_file"]
        for (login, environment, text) in [
            (VaultConfiguration.Login.token(file: nil), [:], "VAULT_TOKEN"),
            (.token(file: nil), ["VAULT_TOKEN": "hvs.unknown"], "does not accept the token"),
            (.token(file: "/nonexistent/token"), [:], "/nonexistent/token"),
            (.appRole(roleID: "another", secretIDFile: secretID), [:], "auth/approle"),
            (.appRole(mount: "elsewhere", roleID: "another", secretIDFile: secretID), [:], "auth/elsewhere"),
            (.kubernetes(role: "another", tokenFile: standIn["service_token_file"]), [:], "auth/kubernetes"),
        ] as [(VaultConfiguration.Login, [String: String], String)] {
            let provider = try VaultTransitProvider(configuration(login), network: try standIn.network(environment))
            let error = await failure { try await provider.check() }
            #expect(error?.code == .credential)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func denialsAndUnknownKeysAreNamed() async throws {
        let powerless = try VaultTransitProvider(
            configuration(.token(file: nil)), network: try standIn.network(["VAULT_TOKEN": "hvs.powerless"]))
        #expect(await code { try await powerless.check() } == .denied)
        try await trial.modeMeans("denied", .denied, "transit/encrypt/fieldseal")

        let wrapped = try await trial.aKeyIsWrappedAndOpened()
        let other = try VaultTransitProvider(configuration(key: "other"), network: try standIn.network())
        #expect(await code { _ = try await other.unwrap(wrapped, as: ProviderTrial.identity) } == .refused)
        let missing = try VaultTransitProvider(configuration(key: "missing"), network: try standIn.network())
        #expect(await code { _ = try await missing.unwrap(wrapped, as: ProviderTrial.identity) } == .unknownKey)
        var elsewhere = configuration()
        elsewhere.mount = "elsewhere/deep"
        let nowhere = try VaultTransitProvider(elsewhere, network: try standIn.network())
        #expect(await code { try await nowhere.check() } == .unknownKey)
    }

    @Test func namespacesAreApart() async throws {
        let wrapped = try await trial.aKeyIsWrappedAndOpened()
        let team = try VaultTransitProvider(configuration(namespace: "team"), network: try standIn.network())
        try await team.check()
        #expect(await code { _ = try await team.unwrap(wrapped, as: ProviderTrial.identity) } == .refused)
    }

    @Test func tokensAreRenewedAheadOfTheirEnd() async throws {
        let clock = TestClock()
        let provider = try VaultTransitProvider(
            configuration(.token(file: nil)),
            network: try standIn.network(["VAULT_TOKEN": "hvs.periodic"], now: clock.now))
        try await provider.check()
        await provider.tick()
        #expect(try await standIn.calls("renew-self") == 0)
        clock.advance(3_400)
        try await standIn.set(#"{"now": 3400}"#)
        await provider.tick()
        #expect(try await standIn.calls("renew-self") == 1)
        // Past the token's first end.
        clock.advance(1_000)
        try await standIn.set(#"{"now": 4400}"#)
        try await provider.check()
    }

    @Test func loginsAreRepeatedWhereTokensAreGone() async throws {
        let login = VaultConfiguration.Login.appRole(
            roleID: standIn["role_id"], secretIDFile: standIn["secret_id_file"])
        let clock = TestClock()
        let provider = try VaultTransitProvider(configuration(login), network: try standIn.network(now: clock.now))
        try await provider.check()
        #expect(try await standIn.calls("login") == 1)
        try await standIn.set(#"{"forget": true}"#)
        try await provider.check()
        #expect(try await standIn.calls("login") == 2)
        // A renewal that brings little, since the token nears its maximum.
        clock.advance(3_400)
        try await standIn.set(#"{"life": 60, "now": 3400}"#)
        await provider.tick()
        #expect(try await standIn.calls("renew-self") == 1)
        #expect(try await standIn.calls("login") == 3)
    }

    @Test func outputsNameTheirKeyVersion() {
        let output = VaultOutput("vault:v12:AA:A")
        #expect(output?.version == 12 && output?.payload == "AA:A")
        for text in ["", "vault:v1:", "vault:1:AA", "other:v1:AA", "vault:v-1:AA", "vault:v1", "vault:v4294967296:A"] {
            #expect(VaultOutput(text) == nil, "\(text)")
        }
    }

    @Test(arguments: ["", "http://vault:8200", "vault:8200", "https://", "https://va ult"])
    func addressesAreHTTPS(address: String) throws {
        var configuration = configuration()
        configuration.address = address
        #expect(throws: MasterKeyError.self) {
            _ = try VaultTransitProvider(configuration, network: try standIn.network())
        }
    }
}
