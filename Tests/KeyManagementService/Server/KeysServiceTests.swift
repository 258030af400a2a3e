import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct KeysServiceTests {
    static let catalog = [
        Proto.CatalogTable(
            name: "users", keyColumns: ["id"],
            fields: [
                Proto.CatalogField(
                    name: "email", sensitivity: .high, rowBound: true,
                    indexes: [Proto.IndexDescription(name: "by_email", bits: 64, normaliser: .email)]),
                Proto.CatalogField(name: "note", sensitivity: .low),
            ]),
        Proto.CatalogTable(name: "logs", fields: [Proto.CatalogField(name: "line", sensitivity: .medium)]),
    ]

    @Test func aFieldKeyTravelsSealedToItsProcess() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let request = Proto.GetFieldKeyRequest(
                recipient: recipient.pair.publicKey, selectors: [Proto.FieldKeySelector(field: "users.email")],
                epoch: .test)
            let response: Proto.GetFieldKeyResponse = try await server.call(
                "GetFieldKey", request, as: "encryption-service")
            guard case .grant(let grant) = response.results.first?.outcome else {
                Issue.record("no grant: \(response)")
                return
            }
            let description = try #require(grant.description)
            let key = try #require(grant.key)
            #expect(description.field == "users.email" && description.keyColumns == ["id"] && description.rowBound)
            #expect(description.activeVersion == key.version && key.state == .active)
            #expect(grant.ttlSeconds == 300)
            #expect(grant.indexKeys.map(\.name) == ["by_email"])
            let field = try #require(ObjectID(bytes: description.fieldID))
            let context = KeyAgreement.context(.fek, object: field, version: KeyVersion(rawValue: key.version))
            let opened = try recipient.pair.open(grant.sealedKey, identity: Recipient.identity, context: context)
            #expect(opened.count == 32)
            #expect(throws: CryptoError.self) {
                _ = try recipient.pair.open(grant.sealedKey, identity: TestServer.identity, context: context).count
            }
            let events = try await server.events { $0.contains { $0.operation == .getFieldKey } }
            let event = try #require(events.first { $0.operation == .getFieldKey })
            #expect(event.actor == Recipient.identity && event.outcome == 0)
            #expect(event.table == "users" && event.field == "email" && event.keyVersion == key.version)
        }
    }

    @Test func sealsComeWithAnActiveKeyAndAreLeasedOn() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            func grant(_ selector: Proto.FieldKeySelector) async throws -> Proto.FieldKeyGrant {
                let response: Proto.GetFieldKeyResponse = try await server.call(
                    "GetFieldKey",
                    Proto.GetFieldKeyRequest(recipient: recipient.pair.publicKey, selectors: [selector], epoch: .test),
                    as: "encryption-service")
                guard case .grant(let grant) = response.results.first?.outcome else { throw KeyServiceError.conflict }
                return grant
            }
            let suites: Set<Proto.Suite> = [.aes256GCM, .chacha20Poly1305]
            let first = try await grant(.init(field: "users.note", leaseCount: 1_000))
            let key = try #require(first.key)
            #expect(first.leaseCount == 1_000 && suites.contains(key.suite))
            #expect(try await grant(.init(field: "users.note")).leaseCount == 0, "to open only")
            let held = Proto.FieldKeySelector(field: "users.note", leaseCount: 1_000, heldVersion: key.version)
            #expect(try await grant(held).leaseCount == 0, "there are enough")
            let other = Proto.FieldKeySelector(field: "users.note", leaseCount: 1_000, heldVersion: 1)
            #expect(try await grant(other).leaseCount == 1_000)

            let answer: Proto.LeaseResponse = try await server.call(
                "Lease",
                Proto.LeaseRequest(
                    items: [
                        .init(field: "users.note", version: key.version, count: .max),
                        .init(field: "users.note", version: 1, count: 10),
                        .init(field: "logs.line", version: 1, count: 10),
                        .init(field: "users.note", version: key.version),
                    ], epoch: .test), as: "encryption-service")
            #expect(answer.results.first?.outcome == .grant(.init(count: 1 << 22, ttlSeconds: 300)))
            let codes = answer.results.dropFirst().map { result -> RPCCode? in
                guard case .error(let error) = result.outcome else { return nil }
                return RPCCode(rawValue: error.code)
            }
            #expect(codes == [.failedPrecondition, .permissionDenied, .invalidArgument])
            let shown = try await server.authority.key(named: "users.note", version: nil).key
            #expect(shown.message.leased == 2_000 + 1 << 22)
            #expect(try await server.status("Lease", Proto.LeaseRequest(), as: "operator")?.code == .permissionDenied)
            let denied = try await server.events { $0.contains { $0.cause == "policy" && $0.operation == .lease } }
            #expect(denied.contains { $0.operation == .lease && $0.table == "logs" && $0.field == "line" })
        }
    }

    @Test func errorsOfItemsAreTheirOwn() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let record = try await server.authority.ensureKeys(of: .note, context: .test)
            _ = try await server.authority.rotate(record.object, called: "users.note", context: .test)
            _ = try await server.authority.change { writer in
                let old = try #require(try await writer.reader.key(record.object, version: record.version))
                _ = try await writer.update(try #require(old.after(.windowClosed, atUnixUs: writer.nowUnixUs)))
            }
            let request = Proto.GetFieldKeyRequest(
                recipient: recipient.pair.publicKey,
                selectors: [
                    .init(field: "users.email"), .init(field: "users.nothing"), .init(field: "logs.line"),
                    .init(field: "no name"), .init(field: "users.email", version: 7),
                    .init(field: "users.note", version: record.version.rawValue), .init(field: "users.note"),
                ], epoch: .test)
            let response: Proto.GetFieldKeyResponse = try await server.call(
                "GetFieldKey", request, as: "encryption-service")
            #expect(
                response.results.map(\.code) == [
                    .ok, .notFound, .permissionDenied, .permissionDenied, .notFound, .failedPrecondition, .ok,
                ])
            let events = try await server.events { $0.contains { $0.outcome == RPCCode.failedPrecondition.rawValue } }
            let denied = try #require(
                events.first { $0.outcome == RPCCode.permissionDenied.rawValue && $0.table == "logs" })
            #expect(denied.operation == .getFieldKey && denied.cause == "policy" && denied.field == "line")
            let retired = try #require(events.first { $0.outcome == RPCCode.failedPrecondition.rawValue })
            #expect(retired.cause == "retired" && retired.field == "note")
            #expect(!events.contains { "\($0)".contains("no name") || "\($0)".contains("nothing") }, "no caller's text")
        }
    }

    @Test(arguments: [
        ("GetFieldKey", "operator"), ("GetFieldKey", "backend"), ("GetAuditHashKey", "operator"),
        ("GetAuditHashKey", "auditor"), ("ApplyCatalog", "encryption-service"), ("ListKeys", "backend"),
        ("ShowKey", "encryption-service"), ("EnsureFieldKey", "auditor"), ("Status", "backend"),
        ("GetCatalog", "auditor"),
    ]) func whoHasNoRightIsDeniedAndRecorded(method: String, name: String) async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let request = Proto.GetFieldKeyRequest(
                recipient: recipient.pair.publicKey, selectors: [.init(field: "users.email")], epoch: .test)
            #expect(try await server.status(method, request, as: name)?.code == .permissionDenied)
            let events = try await server.events { $0.contains { $0.outcome == RPCCode.permissionDenied.rawValue } }
            #expect(events.first { $0.outcome == RPCCode.permissionDenied.rawValue }?.cause == "policy")
            let keys = try await server.authority.pool.query("SELECT FROM encryption_keys WHERE key_type = 'fek'")
            #expect(keys.isEmpty, "no key was made for it")
        }
    }

    @Test func rotationNeedsTheRightOnAllThatTheKeyProtects() async throws {
        try await withServer { server in
            _ = try await server.authority.ensureKeys(of: .email, context: .test)
            _ = try await server.authority.ensureKeys(of: .note, context: .test)
            let keys = ["users.note", "users.email", "users", "master", "audit-hash", "nothing"]
            func codes(_ name: String) async throws -> [RPCCode?] {
                let response: Proto.RotateKeysResponse = try await server.call(
                    "RotateKey", Proto.RotateKeysRequest(keys: keys), as: name)
                return response.results.map(\.code)
            }
            #expect(try await codes("backend") == [.ok] + Array(repeating: .permissionDenied, count: 5))
            #expect(
                try await codes("encryption-service")
                    == [.ok, .ok, .ok, .permissionDenied, .permissionDenied, .permissionDenied])
            #expect(try await codes("operator") == [.ok, .ok, .ok, .ok, .invalidArgument, .notFound])
        }
    }

    @Test func rotatingInALoopIsStopped() async throws {
        try await withServer(rotations: RotationLimit(burst: 3, refillMicroseconds: .max)) { server in
            _ = try await server.authority.ensureKeys(of: .note, context: .test)
            let request = Proto.RotateKeysRequest(keys: Array(repeating: "users.note", count: 4))
            let response: Proto.RotateKeysResponse = try await server.call("RotateKey", request, as: "backend")
            #expect(response.results.map(\.code) == [.ok, .ok, .ok, .resourceExhausted])
            let events = try await server.events { $0.contains { $0.cause == "rate" } }
            #expect(events.first { $0.cause == "rate" }?.object == "users.note")
            let other: Proto.RotateKeysResponse = try await server.call(
                "RotateKey", Proto.RotateKeysRequest(keys: ["users.note"]), as: "operator")
            #expect(other.results.map(\.code) == [.ok], "each identity has its own measure")
        }
    }

    @Test func theAssertedActorIsRecorded() async throws {
        try await withServer { server in
            let backend = "spiffe://fieldseal.local/backend/demo"
            let request = Proto.EnsureFieldKeyRequest(fields: ["users.email"], assertedActor: backend)
            let response: Proto.EnsureFieldKeyResponse = try await server.call(
                "EnsureFieldKey", request, as: "encryption-service")
            #expect(response.results.map(\.code) == [.ok])
            let events = try await server.events { $0.contains { $0.operation == .deriveFieldKey } }
            let event = try #require(events.first { $0.operation == .deriveFieldKey })
            #expect(event.actor == Recipient.identity && event.assertedActor == backend)
            let lie = Proto.EnsureFieldKeyRequest(fields: ["users.email"], assertedActor: "root\n2026 all is well")
            #expect(try await server.status("EnsureFieldKey", lie, as: "encryption-service")?.code == .invalidArgument)
        }
    }

    @Test func anAlteredRowIsDataLossAndRecorded() async throws {
        try await withServer { server in
            let request = Proto.GetFieldKeyRequest(
                recipient: try Recipient().pair.publicKey, selectors: [.init(field: "users.email")], epoch: .test)
            _ = try await server.call(
                "GetFieldKey", request, as: "encryption-service", answering: Proto.GetFieldKeyResponse.self)
            try await server.authority.pool.query("UPDATE encryption_keys SET suite = 3 WHERE key_type = 'fek'")
            let response: Proto.GetFieldKeyResponse = try await server.call(
                "GetFieldKey", request, as: "encryption-service")
            #expect(response.results.map(\.code) == [.dataLoss])
            let events = try await server.events { $0.contains { $0.outcome == RPCCode.dataLoss.rawValue } }
            let event = try #require(events.first { $0.outcome == RPCCode.dataLoss.rawValue })
            #expect(event.operation == .getFieldKey && event.cause == "damaged" && event.field == "email")
        }
    }

    @Test func theAuditHashKeyIsOneForAll() async throws {
        try await withServer { server in
            var keys: [[UInt8]] = []
            for _ in 0..<2 {
                let recipient = try Recipient()
                let response: Proto.GetAuditHashKeyResponse = try await server.call(
                    "GetAuditHashKey", Proto.GetAuditHashKeyRequest(recipient: recipient.pair.publicKey, epoch: .test),
                    as: "encryption-service")
                let context = KeyAgreement.context(
                    .auditHash, object: .zero, version: KeyVersion(rawValue: response.version))
                keys.append(
                    try recipient.pair.open(response.sealedKey, identity: Recipient.identity, context: context)
                        .withUnsafeBytes { Array($0) })
            }
            #expect(keys[0] == keys[1] && keys[0].count == 32)
        }
    }

    @Test func aBadRecipientIsRefused() async throws {
        try await withServer { server in
            for recipient in [[], [UInt8](repeating: 1, count: 31), [UInt8](repeating: 0, count: 32)] {
                let request = Proto.GetFieldKeyRequest(
                    recipient: recipient, selectors: [.init(field: "users.email")], epoch: .test)
                do {
                    let response: Proto.GetFieldKeyResponse = try await server.call(
                        "GetFieldKey", request, as: "encryption-service")
                    #expect(response.results.map(\.code) == [.invalidArgument])
                } catch let status as RPCStatus {
                    #expect(status.code == .invalidArgument)
                }
            }
        }
    }

    @Test func malformedAndOverlongRequestsAreRefused() async throws {
        try await withServer { server in
            let recipient = try Recipient().pair.publicKey
            let many = Proto.GetFieldKeyRequest(
                recipient: recipient, selectors: Array(repeating: .init(field: "users.email"), count: 501), epoch: .test
            )
            #expect(try await server.status("GetFieldKey", many, as: "encryption-service")?.code == .resourceExhausted)
            await #expect(throws: RPCStatus(.invalidArgument, "malformed request")) {
                _ = try await server.call("GetFieldKey", payload: [0x0a, 0xff], as: "encryption-service")
            }
            let events = try await server.events { $0.contains { $0.cause == "malformed" } }
            #expect(events.contains { $0.cause == "too-many" })
        }
    }

    @Test func aCatalogIsDeclaredShownAndListed() async throws {
        try await withServer { server in
            let empty: Proto.ApplyCatalogResponse = try await server.call(
                "ApplyCatalog", Proto.ApplyCatalogRequest(tables: Self.catalog), as: "operator")
            #expect(empty.changes.isEmpty, "it is what the store has")
            let shown: Proto.GetCatalogResponse = try await server.call(
                "GetCatalog", Proto.GetCatalogRequest(), as: "operator")
            #expect(shown.tables.map(\.name) == ["logs", "users"])
            #expect(shown.revision == empty.revision)
            #expect(shown.tables[1].fields.map(\.suite).allSatisfy { $0 != .unspecified })
            let again: Proto.ApplyCatalogResponse = try await server.call(
                "ApplyCatalog", Proto.ApplyCatalogRequest(tables: shown.tables), as: "operator")
            #expect(again.changes.isEmpty, "what is shown can be declared")
            let refused = Proto.ApplyCatalogRequest(tables: [
                Proto.CatalogTable(
                    name: "users", keyColumns: ["id"],
                    fields: [.init(name: "email", sensitivity: .high, suite: .aes256SIV, rowBound: true)])
            ])
            let status = try #require(try await server.status("ApplyCatalog", refused, as: "operator"))
            #expect(status.code == .invalidArgument && status.message.contains("users.email"))

            _ = try await server.authority.ensureKeys(of: .email, context: .test)
            let listed: Proto.ListKeysResponse = try await server.call(
                "ListKeys", Proto.ListKeysRequest(name: "users"), as: "operator")
            #expect(listed.keys.map(\.name) == ["users", "users.email", "users.email/by_email"])
            let key: Proto.ShowKeyResponse = try await server.call(
                "ShowKey", Proto.ShowKeyRequest(name: "users.email"), as: "operator")
            #expect(key.key?.state == .active && key.versions.count == 1)
            let status2: Proto.KeysStatusResponse = try await server.call(
                "Status", Proto.KeysStatusRequest(), as: "operator")
            #expect(!status2.sealed && status2.tables == 2 && status2.fields == 3 && status2.keys == 6)
            #expect(status2.outboxPending > 0, "nothing relays here")
        }
    }

    @Test func aSealedServiceSaysSo() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store, unsealed: false) { server in
                let request = Proto.GetFieldKeyRequest(
                    recipient: try Recipient().pair.publicKey, selectors: [.init(field: "users.email")], epoch: .test)
                let status = try #require(try await server.status("GetFieldKey", request, as: "encryption-service"))
                #expect(status.code == .unavailable && status.message == "key management is sealed")
                let answer: Proto.KeysStatusResponse = try await server.call(
                    "Status", Proto.KeysStatusRequest(), as: "operator")
                #expect(answer.sealed)
                let events = try await server.events { $0.contains { $0.cause == "sealed" } }
                #expect(events.contains { $0.operation == .getFieldKey && $0.cause == "sealed" })
            }
        }
    }

    private func withServer(
        rotations: RotationLimit = RotationLimit(), _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        try await TestStore.with { store in
            try await TestServer.with(store, rotations: rotations) { server in
                _ = try await server.call(
                    "ApplyCatalog", Proto.ApplyCatalogRequest(tables: Self.catalog), as: "operator",
                    answering: Proto.ApplyCatalogResponse.self)
                try await body(server)
            }
        }
    }
}

extension Proto.GetFieldKeyResult {
    var code: RPCCode? {
        switch outcome {
        case .grant: .ok
        case .error(let error): RPCCode(rawValue: error.code)
        case nil: nil
        }
    }
}

extension Proto.KeyReferenceResult {
    var code: RPCCode? {
        switch outcome {
        case .key: .ok
        case .error(let error): RPCCode(rawValue: error.code)
        case nil: nil
        }
    }
}
