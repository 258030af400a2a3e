import FieldsealServiceRuntime
import Logging
import Testing

@testable import FieldsealAlerts

@Suite struct AlertSettingsTests {
    @Test func theLogIsADestinationWithoutAnyConfiguration() throws {
        let settings = try settings("{}")
        #expect(settings.names == ["log"])
        #expect(settings.policy == DeliveryPolicy())
        let made = try settings.makeDestinations(source: "x", logger: Logger(label: "test")) { 0 }
        #expect(made.map(\.name) == ["log"])
    }

    @Test func everyKeyIsRead() throws {
        let settings = try settings(
            """
            {minimum-severity: warning, fold-minutes: 5, give-up-days: 1, retention-days: 31, destinations: [
              {name: hook, kind: webhook, url: "https://x.example/", secret-file: s, next-secret-file: /t},
              {name: pager, kind: webhook, url: "https://y.example/", secret-file: s, minimum-severity: critical}]}
            """)
        #expect(settings.names == ["log", "hook", "pager"])
        #expect(settings.destinations.map(\.minimumSeverity) == [.warning, .critical])
        #expect(settings.policy.fold == 300_000_000)
        #expect(settings.policy.maximumAge == 86_400_000_000)
        guard case .webhook(let hook) = settings.destinations[0].kind else { return }
        #expect(hook.secrets.map(\.file.path) == ["/etc/fieldseal/s", "/t"])
    }

    @Test(arguments: [
        ("destinations: [{kind: webhook}]", "name"),
        ("destinations: [{name: A, kind: webhook}]", "destinations[0].name"),
        ("destinations: [{name: log, kind: webhook, url: 'https://x', secret-file: x}]", "destinations[0].name"),
        ("destinations: [{name: a, kind: pigeon}]", "destinations[0].kind"),
        ("destinations: [{name: a, kind: webhook, url: 'http://x', secret-file: x}]", "destinations[0].url"),
        ("destinations: [{name: a, kind: webhook, url: 'https://x'}]", "secret-file"),
        ("destinations: [{name: a, kind: webhook, url: 'https://x', secret-file: x, colour: red}]", "colour"),
        ("destination: []", "destination"), ("minimum-severity: none", "minimum-severity"),
        ("fold-minutes: 0", "fold-minutes"),
    ])
    func whatIsWrongIsNamed(yaml: String, key: String) {
        #expect {
            _ = try settings("{\(yaml)}")
        } throws: { error in
            (error as? ConfigurationError)?.key.contains(key) == true
        }
    }

    @Test func theEnvironmentOverridesADestination() throws {
        let settings = try settings(
            "{destinations: [{name: a, kind: webhook, url: 'https://x', secret-file: x}]}",
            environment: ["FIELDSEAL_ALERTS_DESTINATIONS_0_URL": "https://other"])
        guard case .webhook(let hook) = settings.destinations[0].kind else { return }
        #expect(hook.url == "https://other")
    }

    private func settings(_ yaml: String, environment: [String: String] = [:]) throws -> AlertSettings {
        let root = try ConfigurationSection(
            yaml: "alerts: \(yaml)", file: "/etc/fieldseal/x.yaml", environment: environment)
        let settings = try AlertSettings(try root.section("alerts"))
        try root.finish()
        return settings
    }
}
