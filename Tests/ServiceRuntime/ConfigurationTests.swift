import FieldsealServiceRuntime
import Testing

@Suite struct ConfigurationTests {
    static let server = """
        listen: 127.0.0.1:7401
        identity: spiffe://fieldseal.local/service/encryption
        tls:
          certificate: ../certificates/server.pem
          key: /etc/server.key
          ca: ca.pem
        policy: policy.yaml
        audit:
          spool: spool
          service:
            addresses: ["127.0.0.1:7403", "[::1]:7403"]
            identity: spiffe://fieldseal.local/service/audit
        """

    static func read(_ yaml: String, _ environment: [String: String] = [:]) throws -> ServerConfiguration {
        let section = try ConfigurationSection(yaml: yaml, file: "/etc/fieldseal/server.yaml", environment: environment)
        let configuration = try ServerConfiguration(section)
        try section.finish()
        return configuration
    }

    @Test func readsAFile() throws {
        let configuration = try Self.read(Self.server)
        #expect(configuration.listen == Endpoint(host: "127.0.0.1", port: 7401))
        #expect(configuration.tls.certificate == "/etc/fieldseal/../certificates/server.pem")
        #expect(configuration.tls.key == "/etc/server.key")
        #expect(configuration.tls.denied == nil)
        #expect(configuration.policy == "/etc/fieldseal/policy.yaml")
        #expect(configuration.log == LogConfiguration(level: .info, format: .text))
        #expect(configuration.audit.mode == .strict)
        #expect(configuration.audit.maxBytes == 1 << 30)
        #expect(configuration.audit.service?.addresses.map(\.description) == ["127.0.0.1:7403", "[::1]:7403"])
    }

    @Test func theEnvironmentTakesPrecedence() throws {
        let configuration = try Self.read(
            Self.server,
            [
                "FIELDSEAL_LISTEN": "0.0.0.0:0", "FIELDSEAL_AUDIT_MAX_BYTES": "8388608",
                "FIELDSEAL_AUDIT_MODE": "relaxed",
                "FIELDSEAL_LOG_LEVEL": "debug", "FIELDSEAL_LOG_FORMAT": "json", "FIELDSEAL_TLS_DENIED": "/etc/denied",
                "FIELDSEAL_AUDIT_SERVICE_ADDRESSES": "audit:1,audit:2", "UNRELATED": "x",
            ])
        #expect(configuration.listen == Endpoint(host: "0.0.0.0", port: 0))
        #expect(configuration.audit.maxBytes == 8 << 20)
        #expect(configuration.audit.mode == .relaxed)
        #expect(configuration.log == LogConfiguration(level: .debug, format: .json))
        #expect(configuration.tls.denied == "/etc/denied")
        #expect(configuration.audit.service?.addresses.map(\.description) == ["audit:1", "audit:2"])
    }

    @Test(arguments: [
        ("listen: 127.0.0.1:7401", "listen: 7401", "1: listen: host:port is wanted, e.g. 127.0.0.1:7401 or [::1]:7401"),
        (
            "listen: 127.0.0.1:7401", "listen: ::1:7401",
            "1: listen: host:port is wanted, e.g. 127.0.0.1:7401 or [::1]:7401"
        ),
        ("listen: 127.0.0.1:7401", "listen: [a]", "1: listen: a single value is wanted"),
        ("listen: 127.0.0.1:7401", "listen:", "1: listen: has no value"),
        ("listen: 127.0.0.1:7401", "", ": listen: is missing; write it, or set FIELDSEAL_LISTEN"),
        (
            "service/encryption", "*",
            "2: identity: an identity is spiffe://domain/path, of letters (small in the domain), digits, '.', '-' and '_'; there are no wildcards"
        ),
        ("  ca: ca.pem", "  roots: ca.pem", "4: tls.ca: is missing; write it, or set FIELDSEAL_TLS_CA"),
        (
            "  ca: ca.pem", "  ca: ca.pem\n  extra: 1",
            "7: tls.extra: unknown key; known here: ca, certificate, denied, key"
        ),
        (
            "policy: policy.yaml", "policy: policy.yaml\npolices: x",
            "8: polices: unknown key; known here: audit, identity, listen, log, policy, tls"
        ),
        ("policy: policy.yaml", "policy: policy.yaml\nlog: info", "8: log: a mapping of keys to values is wanted"),
        (
            "policy: policy.yaml", "policy: policy.yaml\nlog: {level: loud}",
            "8: log.level: one of trace, debug, info, notice, warning, error, critical is wanted"
        ),
        (
            "  spool: spool", "  spool: spool\n  log-key: example.com/log+1+a",
            "10: audit.log-key: a verifier key is wanted, name+id+key, of a log"
        ),
        ("  spool: spool", "  spool: spool\n  quorum: 1", "10: audit.quorum: must be from 0 to 0"),
        ("  spool: spool", "  spool: spool\n  max-age-hours: 0", "10: audit.max-age-hours: must be from 1 to 8760"),
        ("  spool: spool", "  spool: spool\n  max-bytes: many", "10: audit.max-bytes: a whole number is wanted"),
        (
            "  spool: spool", "  spool: spool\n  max-bytes: 12",
            "10: audit.max-bytes: must be from 4194304 to 1099511627776"
        ),
        (
            "  spool: spool", "  spool: spool\n  max-bytes: 99999999999999999999",
            "10: audit.max-bytes: a whole number is wanted"
        ),
        ("  spool: spool", "  spool: spool\n  mode: lax", "10: audit.mode: one of strict, relaxed is wanted"),
        ("[\"127.0.0.1:7403\", \"[::1]:7403\"]", "audit:7403", "11: audit.service.addresses: a list is wanted"),
        (
            "[\"127.0.0.1:7403\", \"[::1]:7403\"]", "[]",
            "11: audit.service.addresses: is missing; write it, or set FIELDSEAL_AUDIT_SERVICE_ADDRESSES"
        ),
        (
            "[::1]:7403", "[::1]:0",
            "11: audit.service.addresses[1]: host:port is wanted, e.g. 127.0.0.1:7401 or [::1]:7401"
        ),
    ])
    func errorsNameLineAndKey(_ part: String, _ replacement: String, _ expected: String) {
        let yaml = Self.server.replacing(part, with: replacement)
        let error = #expect(throws: ConfigurationError.self) { try Self.read(yaml) }
        let separator = expected.hasPrefix(":") ? "" : ":"
        #expect(error?.description == "/etc/fieldseal/server.yaml" + separator + expected)
    }

    @Test func errorsNameTheVariableAndNeverItsValue() {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.read(Self.server, ["FIELDSEAL_AUDIT_MAX_BYTES": "hunter2"])
        }
        #expect(error?.description == "FIELDSEAL_AUDIT_MAX_BYTES: audit.max-bytes: a whole number is wanted")
    }

    @Test(arguments: ["a:1", "a.b:65535", "[::1]:0", "127.0.0.1:80"])
    func endpointsSurviveTheirText(_ text: String) { #expect(Endpoint(text)?.description == text) }

    @Test(arguments: [
        "", "a", ":1", "a:", "a:b", "a:-1", "a:+1", "a:65536", "a:1 ", "a b:1", "[]:1", "[a]:1", "::1", "[::1:1",
    ])
    func refusesWhatIsNoEndpoint(_ text: String) { #expect(Endpoint(text) == nil) }

    @Test func sectionsAreReadOnceAndForAll() throws {
        let section = try ConfigurationSection(yaml: "cache: {ttl-seconds: 5}", file: "x.yaml", environment: [:])
        #expect(try section.section("cache").integer("ttl-seconds", in: 1...10) == 5)
        #expect(try section.section("cache").integer("capacity", default: 7, in: 1...10) == 7)
        try section.finish()
        #expect(section.folder == ".")
    }
}
