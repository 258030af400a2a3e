import FieldsealServiceRuntime
import Testing

@Suite struct SecurityRulesTests {
    private static func rules(_ section: String) throws -> SecurityRules {
        try Policy(yaml: "version: 1\nrules: []\n\(section)", file: "p").securityAlerts
    }

    @Test func withoutASectionTheDefaultsHold() throws {
        let rules = try Self.rules("")
        #expect(rules == SecurityRules() && rules.firstSeenActor == nil)
        #expect(try Self.rules("security-alerts: {failed-decrypts: {}}") == rules)
        #expect(try Self.rules("security-alerts: {log-gap: }") == rules)
    }

    @Test func rulesAreChangedOneByOne() throws {
        let rules = try Self.rules(
            """
            security-alerts:
              failed-decrypts: {count: 20, minutes: 10, except: [spiffe://a/b]}
              first-seen-actor: {fields: ["users.*"], learn-hours: 0}
              revoked-key-used: {grace-seconds: 0}
              unusual-volume: {factor: 3, floor: 50, after-hours: 1}
              denied-administration: {except: [spiffe://a/c]}
              log-gap: off
              checkpoint-not-cosigned: {minutes: 2}
            """)
        var expected = SecurityRules()
        expected.failedDecrypts?.count = 20
        expected.failedDecrypts?.minutes = 10
        expected.failedDecrypts?.except = ["spiffe://a/b"]
        expected.firstSeenActor = .init(fields: [.table("users")])
        expected.firstSeenActor?.learnHours = 0
        expected.revokedKeyUsed?.graceSeconds = 0
        expected.unusualVolume?.factor = 3
        expected.unusualVolume?.floor = 50
        expected.unusualVolume?.afterHours = 1
        expected.deniedAdministration?.except = ["spiffe://a/c"]
        expected.logGap = nil
        expected.checkpointNotCosigned?.minutes = 2
        #expect(rules == expected)
    }

    @Test(arguments: [
        ("security-alerts: 5", "p:3: security-alerts: a mapping of keys to values is wanted"),
        (
            "security-alerts: {log-gap: on}",
            "p:3: security-alerts.log-gap: off, or a mapping of the rule's keys is wanted"
        ),
        ("security-alerts: {log-gap: {x: 1}}", "p:3: security-alerts.log-gap.x: unknown key; known here: "),
        (
            "security-alerts: {failed-decrypts: {count: 0}}",
            "p:3: security-alerts.failed-decrypts.count: must be from 1 to 1000000000"
        ),
        (
            "security-alerts: {first-seen-actor: {}}",
            "p:3: security-alerts.first-seen-actor: fields are missing, e.g. fields: [\"users.*\"]"
        ),
        (
            "security-alerts: {first-seen-actor: {fields: [email]}}",
            "p:3: security-alerts.first-seen-actor.fields[0]: a pattern is *, table.*, *.field or table.field"
        ),
        (
            "security-alerts: {unusual-volume: {except: [spiffe://a/b, spiffe://a/b]}}",
            "p:3: security-alerts.unusual-volume.except[1]: given twice"
        ),
    ])
    func whatIsNotUnderstoodIsRefused(section: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.rules(section) }
        #expect(error?.description == message)
    }
}
