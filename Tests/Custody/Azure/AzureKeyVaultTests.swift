import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite(.enabled(if: StandIn.isAvailable, "no Python environment for stand-ins")) struct AzureKeyVaultTests {
    let standIn: StandIn

    init() throws { standIn = try StandIn("azure_key_vault") }

    func configuration(
        _ credential: AzureCredential? = nil, key: String = "rsa-key", version: String? = nil
    ) -> AzureKeyVaultConfiguration {
        AzureKeyVaultConfiguration(
            vault: standIn["url"], key: key, version: version,
            algorithm: key == "aes-key" ? .aes256KeyWrap : .rsaOAEP256, credential: credential ?? bySecret(),
            authority: standIn["url"], resource: "https://vault.azure.net")
    }

    func bySecret(_ file: String = "secret_file") -> AzureCredential {
        .clientSecret(tenant: standIn["tenant"], client: standIn["client"], secretFile: standIn[file])
    }

    func trial(_ configuration: AzureKeyVaultConfiguration, _ environment: [String: String] = [:]) -> ProviderTrial {
        ProviderTrial(
            standIn: standIn, make: { try AzureKeyVaultProvider(configuration, network: $0) },
            environment: environment)
    }

    @Test(arguments: ["rsa-key", "aes-key"]) func keysAreWrappedAndOpened(key: String) async throws {
        try await trial(configuration(key: key)).aKeyIsWrappedAndOpened()
        try await trial(configuration(key: key)).otherIdentitiesAreRefused()
        try await trial(configuration(key: key)).alterationsAreRefused()
        try await trial(configuration(key: key)).wrongPlaintextsAreCaught()
    }

    @Test func eachKindOfCredentialIsTaken() async throws {
        let workload = AzureCredential.workloadIdentity(
            tenant: standIn["tenant"], client: standIn["client"], tokenFile: standIn["federated_token_file"])
        let metadata = "http://\(standIn["metadata"])"
        for (credential, environment) in [
            (workload, [:]),
            (
                .workloadIdentity(tenant: nil, client: nil, tokenFile: nil),
                [
                    "AZURE_TENANT_ID": standIn["tenant"], "AZURE_CLIENT_ID": standIn["client"],
                    "AZURE_FEDERATED_TOKEN_FILE": standIn["federated_token_file"],
                ]
            ),
            (.managedIdentity(client: nil), ["AZURE_POD_IDENTITY_AUTHORITY_HOST": metadata]),
            (.managedIdentity(client: standIn["client"]), ["AZURE_POD_IDENTITY_AUTHORITY_HOST": metadata]),
            (
                .managedIdentity(client: nil),
                ["IDENTITY_ENDPOINT": "\(metadata)/msi/token", "IDENTITY_HEADER": standIn["identity_header"]]
            ),
        ] as [(AzureCredential, [String: String])] {
            try await trial(configuration(credential), environment).aKeyIsWrappedAndOpened()
        }
    }

    @Test func outagesPass() async throws {
        try await trial(configuration()).outagesPass()
        try await trial(configuration()).slownessEndsAtTheDeadline()
    }

    @Test func restartsPass() async throws { try await trial(configuration()).restartsPass("azure_key_vault") }

    @Test func wrongCredentialsAreNamed() async throws {
        let tenant = standIn["tenant"]
        let secret = standIn["secret_file"]
        for (credential, text) in [
            (bySecret("wrong_secret_file"), "invalid_client"),
            (.clientSecret(tenant: tenant, client: "another", secretFile: secret), "unauthorized_client"),
            (.clientSecret(tenant: tenant, client: "another", secretFile: "/nonexistent/s"), "/nonexistent/s"),
            (.workloadIdentity(tenant: nil, client: nil, tokenFile: nil), "AZURE_TENANT_ID"),
        ] as [(AzureCredential, String)] {
            let provider = try AzureKeyVaultProvider(configuration(credential), network: try standIn.network())
            let error = await failure { try await provider.check() }
            #expect(error?.code == .credential)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func denialsAndUnknownKeysAreNamed() async throws {
        try await trial(configuration()).modeMeans("denied", .denied, "ForbiddenByRbac")
        try await trial(configuration()).modeMeans("disabled", .unknownKey, "KeyDisabled")
        try await trial(configuration()).modeMeans("no-get", .denied, "Key Vault Crypto User")
        let missing = try AzureKeyVaultProvider(configuration(key: "missing"), network: try standIn.network())
        #expect(await code { try await missing.check() } == .unknownKey)
        let version = String(repeating: "0", count: 32)
        let old = try AzureKeyVaultProvider(configuration(version: version), network: try standIn.network())
        #expect(await code { try await old.check() } == .unknownKey)
        var configuration = configuration()
        configuration.version = "latest"
        #expect(throws: MasterKeyError.self) {
            _ = try AzureKeyVaultProvider(configuration, network: try standIn.network())
        }
    }

    @Test func aPinnedVersionNeedsNoGet() async throws {
        let wrapped = try await trial(configuration()).aKeyIsWrappedAndOpened()
        let name = try Envelope(parsing: wrapped, format: .azureKeyVault, title: "").encrypted.keyName
        let version = name.split(separator: "/").last.map(String.init)
        try await standIn.set(#"{"mode": "no-get"}"#)
        try await trial(configuration(version: version)).aKeyIsWrappedAndOpened()
    }

    @Test(arguments: [
        ("https://a.vault.azure.net", "https://vault.azure.net"),
        ("https://a.managedhsm.azure.net", "https://managedhsm.azure.net"),
        ("https://a.vault.usgovcloudapi.net:443", "https://vault.usgovcloudapi.net"),
        ("https://localhost:8443", "https://vault.azure.net"),
    ])
    func tokensAreForTheVaultsService(vault: String, resource: String) {
        #expect(AzureKeyVaultProvider.resource(of: vault) == resource)
    }

    @Test func tokensAreRenewed() async throws {
        let clock = TestClock()
        let provider = try AzureKeyVaultProvider(configuration(), network: try standIn.network(now: clock.now))
        try await provider.check()
        #expect(try await standIn.calls("oauth2/v2.0/token") == 1)
        clock.advance(3_400)
        try await provider.check()
        #expect(try await standIn.calls("oauth2/v2.0/token") == 2)
        try await standIn.set(#"{"forget": true}"#)
        try await provider.check()
        #expect(try await standIn.calls("oauth2/v2.0/token") == 3)
    }
}
