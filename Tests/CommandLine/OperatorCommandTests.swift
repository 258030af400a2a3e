import FieldsealMessages
import FieldsealRPC
import Testing

@testable import CommandLineTool

@Suite struct OperatorCommandTests {
    static let key = Proto.KeyInfo(
        type: .fek, name: "users.email", id: [UInt8](repeating: 0xAB, count: 16), version: 0x0123_4567_89AB_CDEF,
        state: .active,
        algorithm: "aes-256-gcm", parentVersion: 1, createdUnixMs: 1_795_000_000_123, rotationCount: 2, revision: 9)

    @Test func listsKeys() async throws {
        let cluster = TestCluster { _, _ in Proto.ListKeysResponse(keys: [Self.key]) }
        let (_, output, _) = try await cluster.runConfigured("keys", "list")
        #expect(
            output == """
                KEY          TYPE  VERSION           STATE   CREATED                   EXPIRES  ROTATIONS  ROWS
                users.email  fek   0123456789abcdef  active  2026-11-18T11:06:40.123Z  -                2     -

                """)
    }

    @Test func showsTheLifeOfAVersion() async throws {
        var key = Self.key
        key.state = .retired
        (key.stateUnixMs, key.transitionEndsUnixMs) = (1_795_000_001_000, 1_795_000_002_000)
        (key.compromisedUnixMs, key.destroyUnixMs, key.leased, key.rows) = (
            1_795_000_003_000, 1_795_000_004_000, 77, "12"
        )
        let shown = key
        let cluster = TestCluster { _, payload in
            let asked = try Proto.ShowKeyRequest(decoding: payload)
            #expect(asked.version == 0x0123_4567_89AB_CDEF)
            return Proto.ShowKeyResponse(key: shown, versions: [shown])
        }
        let arguments = ["--version", "0123456789abcdef"]
        let (status, output, _) = try await cluster.runConfigured(
            "keys", "show", "users.email", arguments[0], arguments[1])
        #expect(status == .done)
        for line in [
            "State            retired, compromised", "Since            2026-11-18T11:06:41.000Z",
            "Transition ends  2026-11-18T11:06:42.000Z", "Compromised      2026-11-18T11:06:43.000Z",
            "Destruction      2026-11-18T11:06:44.000Z", "Seals leased     77",
            "Rows             12, by the last census",
        ] { #expect(output.contains(line + "\n"), "\(line)") }
        let (_, json, _) = try await cluster.runConfigured(
            "keys", "show", "users.email", arguments[0], arguments[1], "--json")
        for member in [
            #""transition-ends": "2026-11-18T11:06:42.000Z""#, #""destruction": "2026-11-18T11:06:44.000Z""#,
            #""leased": 77"#, #""rows": 12"#, #""expires": null"#,
        ] { #expect(json.contains(member), "\(member)") }
    }

    @Test func rotatesKeysAndKeepsTheirErrors() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "RotateKey")
            let request = try Proto.RotateKeysRequest(decoding: payload)
            #expect(request.keys == ["users.email", "users.name"])
            let reference = Proto.FieldKeyReference(field: "users.email", version: 5, suite: .aes256GCM, state: .active)
            return Proto.RotateKeysResponse(results: [
                Proto.KeyReferenceResult(outcome: .key(reference)),
                Proto.KeyReferenceResult(outcome: .error(Proto.ItemError(code: 5, message: "unknown field"))),
            ])
        }
        let (status, output, errors) = try await cluster.runConfigured("keys", "rotate", "users.email", "users.name")
        #expect(status == .failed)
        #expect(output.contains("users.email  0000000000000005  active  aes-256-gcm"))
        #expect(errors == "fieldseal: users.name: NOT_FOUND: unknown field\n")
    }

    @Test func aDryRunRotatesNothing() async throws {
        let cluster = TestCluster { method, payload in
            guard method == "RotateKey" else { return Proto.ShowKeyResponse(key: Self.key, versions: [Self.key]) }
            let request = try Proto.RotateKeysRequest(decoding: payload)
            #expect(request.dryRun)
            return Proto.RotateKeysResponse(results: [.init(outcome: .key(.init(version: 1)))])
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "rotate", "users.email", "--dry-run")
        #expect(status == .done)
        #expect(output.hasPrefix("These versions would be superseded; nothing was changed.\n"))
    }

    @Test func statusAsksEveryService() async throws {
        let cluster = TestCluster { method, payload in
            if method == "Check" { return Proto.HealthCheckResponse(status: .serving) }
            throw RPCStatus.permissionDenied("not allowed")
        }
        let (status, output, errors) = try await cluster.runConfigured("status")
        #expect((status, errors) == (.done, ""))
        #expect(output.contains("encryption  127.0.0.1:7401  serving"))
        #expect(output.contains("keys        127.0.0.1:7402  serving  details not granted to you"))
    }

    @Test func aQuarantinedStoreDoesNotServe() async throws {
        let cluster = TestCluster { method, _ in
            switch method {
            case "Check": Proto.HealthCheckResponse(status: .serving)
            case "Status": Proto.KeysStatusResponse(revision: 4, quarantined: true, lateRotations: 3)
            default: throw RPCStatus.unknownMethod
            }
        }
        let (status, output, _) = try await cluster.runConfigured("status")
        #expect(status == .unreachable)
        #expect(output.contains("quarantined true, late-rotations 3,"))
    }

    @Test func statusFailsWhereAServiceDoes() async throws {
        let (status, output, errors) = try await TestCluster().runConfigured("status", "--json")
        #expect(status == .unreachable)
        #expect(output.contains(#""serving": false"#))
        #expect(errors == "fieldseal: 3 of 3 services do not serve\n")
    }

    @Test func checksPolicies() async throws {
        let file = try TemporaryFile(
            "version: 1\nrules:\n  - {identity: spiffe://x/y, operations: [decrypt, status], fields: ['users.*']}\n")
        let cluster = TestCluster()
        let (valid, summary, _) = await cluster.run("policy", "check", file.path)
        #expect((valid, summary) == (.done, "\(file.path) is valid: 1 rules for 1 identities.\n"))
        let arguments = ["--identity", "spiffe://x/y", "--operation", "decrypt", "--field"]
        let (allowed, _, _) = await cluster.run(
            "policy", "check", file.path, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
            "users.email")
        #expect(allowed == .done)
        let (denied, answer, _) = await cluster.run(
            "policy", "check", file.path, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
            "agents.config")
        #expect((denied, answer) == (.denied, "denied\n"))
        let broken = try TemporaryFile("version: 1\nrules:\n  - {identity: spiffe://x/y, operations: [fly]}\n")
        let (status, _, errors) = await cluster.run("policy", "check", broken.path)
        #expect(status == .usage)
        #expect(errors.contains("unknown operation"))
    }
}
