import FieldsealServiceRuntime
import Testing

@testable import KeyManagementService

@Suite struct MasterKeySettingsTests {
    @Test func oneCustodianStandsInTheSectionItself() throws {
        let settings = try read("master-key: {provider: passphrase, passphrase-file: secret, cost: 18}")
        #expect(settings.custodians.list.map(\.name) == ["passphrase"])
        #expect(settings.custodians.list.map(\.key) == ["/etc/fieldseal/secret"])
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
        #expect(settings.custodians.list.map(\.key) == ["/a", "/c"])
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
        ("{passphrase-file: /a, drill-days: 0}", "master-key.drill-days"),
        ("custodians: [{name: a, passphrase-file: /a}]\n  passphrase-file: /b", "master-key.passphrase-file"),
    ])
    func whatIsWrongIsNamed(yaml: String, key: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try read(yaml.hasPrefix("{") ? "master-key: \(yaml)" : "master-key:\n  \(yaml)")
        }
        #expect(error?.key == key)
    }

    private func read(_ yaml: String, _ environment: [String: String] = [:]) throws -> MasterKeySettings {
        let root = try ConfigurationSection(yaml: yaml, file: "/etc/fieldseal/kms.yaml", environment: environment)
        let settings = try MasterKeySettings(try root.section("master-key"))
        try root.finish()
        return settings
    }
}
