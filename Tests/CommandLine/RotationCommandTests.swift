import FieldsealMessages
import FieldsealRPC
import Testing

@testable import CommandLineTool

@Suite struct RotationCommandTests {
    static let reference = Proto.FieldKeyReference(
        field: "users.email", version: 5, suite: .aes256GCM, state: .active, createdUnixMs: 1_795_000_000_123)

    @Test func rotatesAllOfATypeUnderATable() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "RotateKeys")
            let request = try Proto.RotateManyRequest(decoding: payload)
            #expect(request.type == .fek && request.under == "users" && !request.dryRun)
            let missing = Proto.ItemError(code: 9, message: "the key has no version")
            return Proto.RotateManyResponse(results: [
                Proto.RotatedKey(name: "users.email", type: .fek, result: .init(outcome: .key(Self.reference))),
                Proto.RotatedKey(name: "users.name", type: .fek, result: .init(outcome: .error(missing))),
            ])
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "keys", "rotate", "--type", "fek", "--under", "users")
        #expect(status == .failed)
        #expect(
            output == """
                KEY          VERSION           STATE   SUITE        CREATED
                users.email  0000000000000005  active  aes-256-gcm  2026-11-18T11:06:40.123Z

                """)
        #expect(errors == "fieldseal: users.name: FAILED_PRECONDITION: the key has no version\n")
    }

    @Test func aDryRunOfManyIsAskedOfTheService() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.RotateManyRequest(decoding: payload)
            #expect(method == "RotateKeys" && request.dryRun && request.under.isEmpty && request.type == .dek)
            return Proto.RotateManyResponse(results: [
                Proto.RotatedKey(
                    name: "users", type: .dek, result: .init(outcome: .key(Proto.FieldKeyReference(version: 7))))
            ])
        }
        let (_, output, _) = try await cluster.runConfigured("keys", "rotate", "--type", "dek", "--dry-run")
        #expect(output.hasPrefix("These versions would be superseded; nothing was changed.\n"))
        #expect(output.contains("users  0000000000000007"))
        let (_, json, _) = try await cluster.runConfigured("keys", "rotate", "--type", "dek", "--dry-run", "--json")
        #expect(json.contains(#""dry-run": true"#) && json.contains(#""version": "0000000000000007""#))
    }

    @Test func leavesACustodianOutAndSaysSo() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.RotateKeysRequest(decoding: payload)
            #expect(method == "RotateKey" && request.keys == ["master"] && request.without == ["spare"])
            return Proto.RotateKeysResponse(results: [.init(outcome: .key(.init(version: 7, state: .active)))])
        }
        let (status, output, errors) = try await cluster.runConfigured("keys", "rotate", "master", "--without", "spare")
        #expect(status == .done && output.contains("0000000000000007"))
        #expect(errors.contains("spare does not hold the new version") && errors.contains("fieldseal master add spare"))
        let (usage, _, _) = try await cluster.runConfigured("keys", "rotate", "users.email", "--without", "spare")
        #expect(usage == .usage)
    }

    @Test func rollsBack() async throws {
        let cluster = TestCluster { method, payload in
            #expect(method == "RollbackRotation")
            let request = try Proto.RollbackRotationRequest(decoding: payload)
            #expect(request.key == "users.email")
            return Proto.KeyChangeResponse(keys: [OperatorCommandTests.key], revision: request.dryRun ? 8 : 9)
        }
        let (status, output, _) = try await cluster.runConfigured("keys", "rollback", "users.email")
        #expect(status == .done && output.hasSuffix("\nDone; store revision 9.\n"))
        let (_, preview, _) = try await cluster.runConfigured("keys", "rollback", "users.email", "--dry-run")
        #expect(preview.hasSuffix("\nNothing was changed.\n"))
        let (_, json, _) = try await cluster.runConfigured("keys", "rollback", "users.email", "--json")
        #expect(json.contains(#""dry-run": false"#) && json.contains(#""revision": 9"#))
    }

    @Test(arguments: [("retire", "RetireKey"), ("restore", "RestoreKey")])
    func changesTheStateOfOneVersion(verb: String, expected: String) async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.KeyVersionRequest(decoding: payload)
            #expect(method == expected && request.key == "users.email" && request.version == 0xAB && request.dryRun)
            return Proto.KeyChangeResponse(keys: [OperatorCommandTests.key], revision: 3)
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "keys", verb, "users.email", "00000000000000ab", "--dry-run")
        #expect((status, errors) == (.done, ""))
        #expect(output.contains("0123456789abcdef  active"))
    }
}
