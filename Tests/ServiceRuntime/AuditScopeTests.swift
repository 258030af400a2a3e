import FieldsealServiceRuntime
import Testing

@Suite struct AuditScopeTests {
    private static func scope(_ rules: String) throws -> AuditScope {
        try Policy(yaml: "version: 1\nrules:\n\(rules)", file: "p").grant(for: "spiffe://a/auditor").auditScope
    }

    private static func rule(_ operations: String, _ fields: String? = nil) -> String {
        "  - {identity: spiffe://a/auditor, operations: [\(operations)]\(fields.map { ", fields: [\($0)]" } ?? "")}\n"
    }

    @Test func fieldsLimitWhatAnAuditorReads() throws {
        let limited = try Self.scope(Self.rule("query-audit, tail-audit, status", "users.*, '*.iban'"))
        #expect(limited == .fields([.table("users"), .column("iban")]))
        #expect(limited.names == ["users.*", "*.iban"])
        #expect(
            try Self.scope(Self.rule("query-audit", "users.*") + Self.rule("tail-audit", "'a.b', users.*")).names
                == ["users.*", "a.b"])
    }

    @Test func withoutFieldsOrOnAllOfThemEverythingIsRead() throws {
        for rules in [
            Self.rule("query-audit"), Self.rule("query-audit", "'*'"), Self.rule("read-leaves"),
            Self.rule("query-audit", "users.*") + Self.rule("query-audit"), Self.rule("decrypt", "users.*"),
        ] {
            #expect(try Self.scope(rules) == .everything)
        }
        #expect(AuditScope.everything.names.isEmpty)
    }

    @Test func otherOperationsNameNoFieldsAsBefore() {
        let error = #expect(throws: ConfigurationError.self) { try Self.scope(Self.rule("read-leaves", "users.*")) }
        #expect(error?.problem == "none of the operations is about fields")
    }
}
