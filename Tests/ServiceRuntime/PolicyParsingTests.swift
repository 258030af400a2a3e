import FieldsealServiceRuntime
import Testing

@Suite struct PolicyParsingTests {
    static let good = """
        version: 1
        rules:
          - identity: spiffe://fieldseal.local/backend/demo
            operations: [encrypt, blind-index]
            fields: ["users.*", "conversations.user_query"]
          - identity: spiffe://fieldseal.local/auditor/demo
            operations: [query-audit]
        """

    @Test func readsRules() throws {
        let policy = try Policy(yaml: Self.good, file: "policy.yaml")
        #expect(
            policy.rules == [
                .init(
                    identity: "spiffe://fieldseal.local/backend/demo", operations: [.encrypt, .blindIndex],
                    fields: [.table("users"), .field(table: "conversations", column: "user_query")]),
                .init(identity: "spiffe://fieldseal.local/auditor/demo", operations: [.queryAudit]),
            ])
    }

    @Test func everyOperationHasItsNameInKebabCase() throws {
        for operation in PolicyOperation.allCases {
            let fields = operation.isOnFields ? "fields: ['*']" : ""
            let yaml =
                "version: 1\nrules:\n  - {identity: spiffe://a/b, operations: [\(operation.rawValue)]\(fields.isEmpty ? "" : ", " + fields)}"
            #expect(try Policy(yaml: yaml, file: "p").rules.first?.operations == [operation])
            #expect(operation.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let yaml: String
        let description: String
        var testDescription: String { description }

        init(_ yaml: String, _ description: String) {
            self.yaml = yaml
            self.description = description
        }
    }

    static let rule = "version: 1\nrules:\n  - identity: spiffe://a/b\n"

    @Test(arguments: [
        Bad("", "p: a mapping of keys to values is wanted"),
        Bad("- 1", "p: a mapping of keys to values is wanted"),
        Bad("rules: []", "p:1: version is missing; write version: 1"),
        Bad("version: 1", "p:1: rules are missing; write rules: [] to deny all"),
        Bad("version: 2\nrules: []", "p:1: version: only version 1 is known"),
        Bad("version: one\nrules: []", "p:1: version: a whole number is wanted"),
        Bad("version: 1\nrules: {}", "p:2: rules: a list is wanted"),
        Bad("version: 1\nrules:", "p:2: rules: a list is wanted"),
        Bad("version: 1\nversion: 1\nrules: []", "p:1: given twice: version"),
        Bad("version: 1\nrules: []\nextra: 1", "p:3: extra: unknown key; known here: rules, security-alerts, version"),
        Bad("version: 1\nrules:\n  - 5", "p:3: rules[0]: a mapping of keys to values is wanted"),
        Bad("version: 1\nrules:\n  - operations: [status]", "p:3: rules[0]: identity is missing"),
        Bad(rule, "p:3: rules[0]: operations are missing"),
        Bad(rule + "    operations: status", "p:4: rules[0].operations: a list is wanted"),
        Bad(rule + "    operations: []", "p:4: rules[0].operations: at least one operation is wanted"),
        Bad(rule + "    operations:\n      - status\n      - status", "p:6: rules[0].operations[1]: given twice"),
        Bad(rule + "    operations: [[status]]", "p:4: rules[0].operations[0]: a single value is wanted"),
        Bad(rule + "    operations: [~]", "p:4: rules[0].operations[0]: has no value"),
        Bad(
            rule + "    operations: [encrypt]",
            "p:3: rules[0]: encrypt needs fields, e.g. fields: [\"users.*\"]"),
        Bad(
            rule + "    operations: [status]\n    fields: ['*']",
            "p:5: rules[0].fields: none of the operations is about fields"),
        Bad(rule + "    operations: [encrypt]\n    fields: []", "p:5: rules[0].fields: at least one pattern is wanted"),
        Bad(
            rule + "    operations: [encrypt]\n    fields: [users]",
            "p:5: rules[0].fields[0]: a pattern is *, table.*, *.field or table.field"),
        Bad(
            rule + "    operations: [encrypt]\n    fields: ['u*.email']",
            "p:5: rules[0].fields[0]: a pattern is *, table.*, *.field or table.field"),
        Bad(rule + "    operations: [encrypt]\n    fields: [a.b, a.b]", "p:5: rules[0].fields[1]: given twice"),
        Bad(
            rule + "    operation: [status]",
            "p:4: rules[0].operation: unknown key; known here: fields, identity, operations"),
        Bad("version: 1\nrules: [", "p:3: not valid YAML: did not find expected node content"),
        Bad("version: 1\nrules: []\n---\nversion: 1\nrules: []", "p:3: not valid YAML: but found another document"),
    ])
    func refusesWhatItDoesNotUnderstand(_ bad: Bad) {
        let error = #expect(throws: ConfigurationError.self) { try Policy(yaml: bad.yaml, file: "p") }
        #expect(error?.description == bad.description)
    }

    @Test func namesUnknownOperations() {
        let error = #expect(throws: ConfigurationError.self) {
            try Policy(yaml: Self.rule + "    operations: [encipher]", file: "p")
        }
        #expect(error?.origin == "p:4")
        #expect(error?.key == "rules[0].operations[0]")
        #expect(
            error?.problem.hasPrefix("unknown operation; known are encrypt, encrypt-deterministic, decrypt") == true)
    }

    @Test(arguments: [
        "http://a/b", "spiffe://", "spiffe:///b", "spiffe://a", "spiffe://a/", "spiffe://a//b", "spiffe://a/b/",
        "spiffe://A/b", "spiffe://a/*", "spiffe://a/../b", "spiffe://a/./b", "spiffe://a/b?c", "spiffe://a/b#c",
        "spiffe://a:1/b", "spiffe://u@a/b", "spiffe://a/b c", "spiffe://a/ü", "spiffe://a/%41", " spiffe://a/b",
        "spiffe://a/" + String(repeating: "b", count: 2048),
    ])
    func refusesWhatIsNoIdentity(_ identity: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Policy(yaml: "version: 1\nrules: [{identity: '\(identity)', operations: [status]}]", file: "p")
        }
        #expect(error?.key == "rules[0].identity")
    }

    @Test func refusesDeepNesting() {
        let yaml = "version: 1\nrules: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(throws: ConfigurationError.self) { try Policy(yaml: yaml, file: "p") }
    }
}
