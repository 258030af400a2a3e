import FieldsealCustody
import FieldsealServiceRuntime
import Testing

@testable import KeyManagementService

@Suite struct MasterKeySettingsTests {
    @Test func oneCustodianStandsInTheSectionItself() throws {
        let settings = try read("master-key: {provider: passphrase, passphrase-file: secret, cost: 18}")
        #expect(settings.custodians.list.map(\.name) == ["passphrase"])
        #expect(settings.custodians.list.map(\.provider.keyName) == ["/etc/fieldseal/secret"])
        #expect(settings.drillDays == 30)
    }

    @Test func severalAreAList() throws {
        let yaml = """
            master-key:
              custodians:
                - {name: safe, provider: passphrase, passphrase-file: /a}
                - {name: bank, provider: passphrase, passphrase-file: /b}
              drill-days: 7
            """
        let settings = try read(yaml, ["FIELDSEAL_MASTER_KEY_CUSTODIANS_1_PASSPHRASE_FILE": "/c"])
        #expect(settings.custodians.list.map(\.name) == ["safe", "bank"])
        #expect(settings.custodians.list.map(\.provider.keyName) == ["/a", "/c"])
        #expect(settings.drillDays == 7)
    }

    @Test(arguments: [
        ("custodians: [{name: a, provider: passphrase}]", "master-key.custodians[0].passphrase-file"),
        ("custodians: [{provider: passphrase, passphrase-file: /a}]", "master-key.custodians[0].name"),
        ("custodians: [{name: a b, passphrase-file: /a}]", "master-key.custodians[0].name"),
        ("custodians: [{name: a, passphrase-file: /a, kost: 3}]", "master-key.custodians[0].kost"),
        (
            "custodians: [{name: a, passphrase-file: /a}, {name: a, passphrase-file: /b}]",
            "master-key.custodians[1].name"
        ),
        ("custodians: {name: a}", "master-key.custodians"),
        ("custodians: [a]", "master-key.custodians[0]"),
        ("custodians: [{name: a, provider: paper}]", "master-key.custodians[0].provider"),
        (
            "custodians: [{name: a, provider: google-kms, key: k}]",
            "master-key.custodians[0].provider"
        ),
        (
            "custodians: [{name: a, provider: pkcs11, module: /m, slot: 1, token-label: t, key-label: k, pin-file: p}]",
            "master-key.custodians[0].token-label"
        ),
        ("{passphrase-file: /a, drill-days: 0}", "master-key.drill-days"),
        ("custodians: [{name: a, passphrase-file: /a}]\n  passphrase-file: /b", "master-key.passphrase-file"),
    ])
    func whatIsWrongIsNamed(yaml: String, key: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try read(yaml.hasPrefix("{") ? "master-key: \(yaml)" : "master-key:\n  \(yaml)")
        }
        #expect(error?.key == key)
    }

    @Test func everyProviderIsMadeOfItsKeys() throws {
        let yaml = """
            master-key:
              custodians:
                - {name: a, provider: aws-kms, key: alias/fieldseal, region: eu-central-1, proxy: "proxy:3128"}
                - {name: b, provider: vault, address: "https://vault:8200", key: fieldseal, login: approle,
                   role-id: r, secret-id-file: secret}
                - {name: c, provider: azure-key-vault, vault: "https://v.vault.azure.net", key: k,
                   credential: client-secret, tenant: t, client: c, client-secret-file: secret}
                - {name: d, provider: google-kms, key: projects/p/locations/l/keyRings/r/cryptoKeys/k,
                   credential: service-account, service-account-file: account.json}
                - {name: e, provider: pkcs11, module: /usr/lib/hsm.so, token-label: t, key-label: k, pin-file: pin}
                - {name: f, provider: shares}
            """
        let custodians = try read(yaml).custodians
        #expect(
            custodians.list.map(\.provider.name) == [
                "aws-kms", "vault-transit", "azure-key-vault", "google-kms", "pkcs11", "shares",
            ])
        #expect(custodians.makers == ["a", "b", "c", "d", "e"])
        let vault = try #require(custodians["b"]?.provider as? VaultTransitProvider)
        #expect(vault.configuration.login == .appRole(roleID: "r", secretIDFile: "/etc/fieldseal/secret"))
    }

    private func read(_ yaml: String, _ environment: [String: String] = [:]) throws -> MasterKeySettings {
        let root = try ConfigurationSection(yaml: yaml, file: "/etc/fieldseal/kms.yaml", environment: environment)
        let settings = try MasterKeySettings(try root.section("master-key"))
        try root.finish()
        return settings
    }
}
