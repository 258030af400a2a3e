import FieldsealClient
import Foundation
import Testing

@Suite struct ClientConfigurationTests {
    static let blockStyle = """
        # of the demonstration
        tls:
          certificate: backend.crt   # relative
          key: "/secret/backend key.pem"
          ca: '../ca.crt'

        encryption:
          addresses:
            - 127.0.0.1:7401
            - "[::1]:7401"
          identity: spiffe://fieldseal.local/service/encryption
        keys:
          addresses: [localhost:7402]
          identity: spiffe://fieldseal.local/service/key-management
        """
    static let flowStyle = """
        tls: {certificate: backend.crt, key: '/secret/backend key.pem', ca: ../ca.crt}
        encryption: {addresses: [127.0.0.1:7401, "[::1]:7401"], identity: spiffe://fieldseal.local/service/encryption}
        keys: {identity: spiffe://fieldseal.local/service/key-management, addresses: ['localhost:7402']}
        """

    @Test(arguments: [blockStyle, flowStyle])
    func readsAFile(text: String) throws {
        let (configuration, folder) = try load(text)
        #expect(
            configuration
                == ClientConfiguration(
                    certificate: folder + "/backend.crt", key: "/secret/backend key.pem", ca: folder + "/../ca.crt",
                    encryption: .init(
                        addresses: [.init(host: "127.0.0.1", port: 7401), .init(host: "::1", port: 7401)],
                        identity: "spiffe://fieldseal.local/service/encryption"),
                    keys: .init(
                        addresses: [.init(host: "localhost", port: 7402)],
                        identity: "spiffe://fieldseal.local/service/key-management")))
    }

    @Test func theEnvironmentTakesPrecedence() throws {
        let (configuration, _) = try load(
            Self.flowStyle,
            environment: [
                "FIELDSEAL_TLS_KEY": "k", "FIELDSEAL_KEYS_ADDRESSES": "a:1,b:2", "FIELDSEAL_AUDIT_ADDRESSES": "c:3",
                "FIELDSEAL_AUDIT_IDENTITY": "spiffe://x/audit",
            ])
        #expect(configuration.key == "k")
        #expect(configuration.keys?.addresses.map(\.description) == ["a:1", "b:2"])
        #expect(configuration.audit?.identity == "spiffe://x/audit")
    }

    @Test func theEnvironmentCanDoWithoutAFile() throws {
        let variables = [
            "FIELDSEAL_TLS_CERTIFICATE": "c", "FIELDSEAL_TLS_KEY": "k", "FIELDSEAL_TLS_CA": "a",
            "FIELDSEAL_ENCRYPTION_ADDRESSES": "h:1", "FIELDSEAL_ENCRYPTION_IDENTITY": "spiffe://x/y",
        ]
        let configuration = try ClientConfiguration.load(nil, environment: { variables[$0] })
        #expect(configuration.certificate == "c" && configuration.encryption?.identity == "spiffe://x/y")
        #expect(configuration.keys == nil)
    }

    @Test func saysHowCallsAreMade() throws {
        let text =
            Self.flowStyle + "\ncalls: {patience-seconds: 5, coalescing: off, delay-microseconds: 200, items: 50}\n"
        let (configuration, _) = try load(text)
        #expect(
            configuration.calls
                == .init(patience: .seconds(5), coalescing: false, delay: .microseconds(200), items: 50))
        let (other, _) = try load(
            text,
            environment: [
                "FIELDSEAL_CALLS_COALESCING": "on", "FIELDSEAL_CALLS_PATIENCE_SECONDS": "0",
                "FIELDSEAL_CALLS_DELAY_MICROSECONDS": "7", "FIELDSEAL_CALLS_ITEMS": "9",
            ])
        #expect(other.calls == .init(coalescing: true, delay: .microseconds(7), items: 9))
        #expect(try load(Self.flowStyle).0.calls == .init())
    }

    @Test(arguments: [
        ("{patience-seconds: -1}", "patience-seconds: a number from 0 to 3600 is wanted"),
        ("{delay-microseconds: 1s}", "delay-microseconds: a number from 0 to 1000000 is wanted"),
        ("{items: 0}", "items: a number from 1 to 5000 is wanted"),
        ("{coalescing: maybe}", "coalescing: on or off is wanted"),
        ("{items: [1]}", "items: a single value is wanted"),
        ("{batch: 1}", "unknown key batch; known here: patience-seconds, coalescing, delay-microseconds, items"),
    ])
    func refusesWrongWaysToCall(text: String, problem: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try load(Self.flowStyle + "\ncalls: \(text)\n") }
        #expect(error?.description.hasSuffix("calls: \(problem)") == true, "\(error?.description ?? "")")
    }

    @Test func nothingAtAllNamesTheMend() {
        let error = #expect(throws: ClientConfigurationError.self) {
            try ClientConfiguration.load(nil, environment: { _ in nil })
        }
        #expect(error?.description.contains("--config or FIELDSEAL_CONFIG") == true)
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: ClientConfigurationError.self) {
            try ClientConfiguration.load("/nowhere/client.yaml", environment: { _ in nil })
        }
        #expect(error?.description == "/nowhere/client.yaml: cannot be read: No such file or directory")
    }

    @Test(arguments: [
        ("tls: {certificate: a, key: b}", "tls: ca is missing"),
        (
            "tls: {certificate: a, key: b, ca: c, password: d}",
            "tls: unknown key password; known here: certificate, key, ca"
        ),
        ("tls: a", "tls: a mapping of keys to values is wanted"),
        ("encrypton: {}", "unknown key encrypton; known here: tls, encryption, keys, audit, calls"),
        ("tls: {certificate: [a], key: b, ca: c}", "certificate: a single value is wanted"),
        ("tls:\n\tca: b", ":2: tabs are not understood; indent by spaces"),
        ("tls:\n", ":1: tls has no value"),
        ("tls: {certificate: a, key: b", ":1: a comma or } is missing; lists stand on one line"),
        ("tls: &anchor", ":1: YAML's & is not understood here; put the value in quotes"),
        ("tls: 'a", ":1: the closing quote is missing"),
        ("tls: {ca: a}\ntls: {ca: b}", ":2: tls is given twice"),
        ("tls:\n  ca: a\n key: b", ":3: the indentation fits nothing above"),
        ("tls:ca", ":1: a space is wanted after the colon"),
        ("[", ":1: key: value is wanted"),
        ("tls: [[[[[[[[[[", ":1: nested too deeply"),
    ])
    func errorsNameTheMend(text: String, problem: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try load(text) }
        #expect(error?.description.hasSuffix(problem) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["localhost", "localhost:", ":1", "::1:7401", "localhost:0", "localhost:65536", "localhost:+1"])
    func refusesWhatIsNoAddress(text: String) {
        let service = "{addresses: ['\(text)'], identity: spiffe://a/b}"
        let error = #expect(throws: ClientConfigurationError.self) {
            try load("tls: {certificate: a, key: b, ca: c}\nkeys: \(service)")
        }
        #expect(error?.description.hasSuffix("keys.addresses: host:port is wanted") == true)
    }

    private func load(_ text: String, environment: [String: String] = [:]) throws -> (ClientConfiguration, String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("client.yaml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        return (try ClientConfiguration.load(file.path, environment: { environment[$0] }), folder.path)
    }
}
