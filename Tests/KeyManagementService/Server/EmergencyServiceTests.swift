import FieldsealMessages
import FieldsealRPC
import Testing

@testable import FieldsealRPCTransport
@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct EmergencyServiceTests {
    private func grant(
        _ server: TestServer, _ version: UInt64, forRewrap: Bool, to recipient: Recipient
    ) async throws -> Proto.GetFieldKeyResult {
        let request = Proto.GetFieldKeyRequest(
            recipient: recipient.pair.publicKey,
            selectors: [.init(field: "users.email", version: version, forRewrap: forRewrap)], epoch: .test)
        let response: Proto.GetFieldKeyResponse = try await server.call(
            "GetFieldKey", request, as: "encryption-service")
        return try #require(response.results.first)
    }

    @Test func aCompromisedVersionIsGivenForRewrapAloneAndThatIsRecorded() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test)
                let version = try await server.authority.ensureKeys(of: .email, context: .test).version.rawValue
                var request = Proto.CompromiseKeyRequest(
                    key: "users.email", reason: "lost", suspectedSinceUnixMs: 1_700_000_000_000, dryRun: true)
                let planned: Proto.CompromiseKeyResponse = try await server.call(
                    "CompromiseKey", request, as: "operator")
                #expect(planned.compromised.map(\.version) == [version])
                #expect(planned.made.map(\.version) == [version] && planned.made.map(\.state) == [.active])
                request.dryRun = false
                let done: Proto.CompromiseKeyResponse = try await server.call("CompromiseKey", request, as: "operator")
                #expect(done.compromised.map(\.state) == [.compromised] && done.made.map(\.name) == ["users.email"])
                #expect(done.affected == [.init(field: "users.email", versions: [version])])
                #expect(done.revision == planned.revision + 1)

                let recipient = try Recipient()
                let refused = try await grant(server, version, forRewrap: false, to: recipient)
                guard case .error(let error) = refused.outcome else { throw RPCStatus.internal("granted") }
                #expect(error.code == RPCCode.failedPrecondition.rawValue && error.message.contains("compromised"))
                let given = try await grant(server, version, forRewrap: true, to: recipient)
                guard case .grant(let granted) = given.outcome else { throw RPCStatus.internal("refused") }
                #expect(granted.key?.state == .compromised)
                let events = try await server.events { $0.contains { $0.cause == "compromised" && $0.outcome == 0 } }
                #expect(
                    events.contains {
                        $0.operation == .getFieldKey && $0.outcome == 0 && $0.cause == "compromised"
                            && $0.keyVersion == version
                    })
                let denied = try #require(events.first { $0.operation == .getFieldKey && $0.outcome != 0 })
                #expect(denied.keyVersion == version && denied.field == "email" && denied.cause == "compromised")
            }
        }
    }

    @Test func requestsThatAreNoneAreRefused() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test)
                let cases: [(Proto.CompromiseKeyRequest, String, RPCCode)] = [
                    (.init(key: "users.email", reason: "x"), "backend", .permissionDenied),
                    (.init(key: "users.email", reason: "x"), "encryption-service", .permissionDenied),
                    (.init(key: "users.email"), "operator", .invalidArgument),
                    (.init(key: "users.email", reason: "x\u{1b}[2J"), "operator", .invalidArgument),
                    (.init(key: "users.email", reason: "x", suspectedSinceUnixMs: -1), "operator", .invalidArgument),
                    (.init(key: "users.email", reason: "x", suspectedSinceUnixMs: .max), "operator", .invalidArgument),
                    (.init(key: "users.nothing", reason: "x"), "operator", .notFound),
                    (.init(key: "users.email", reason: "x"), "operator", .failedPrecondition),
                    (.init(key: "master", version: 7, reason: "x"), "operator", .notFound),
                ]
                for (request, name, code) in cases {
                    #expect(try await server.status("CompromiseKey", request, as: name)?.code == code)
                }
                let accept = Proto.AcceptRestoreRequest(revision: 2)
                #expect(try await server.status("AcceptRestore", accept, as: "backend")?.code == .permissionDenied)
                #expect(try await server.status("AcceptRestore", accept, as: "operator")?.code == .failedPrecondition)
            }
        }
    }

    @Test func aQuarantinedServiceSaysSoUntilItIsAccepted() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            try await TestServer.with(store, history: history) { server in
                _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test)
                try await store.copy(to: "before")
                _ = try await server.authority.ensureKeys(of: .email, context: .test)
                try await history.ship(server.authority.pool)
                let health = HealthStatus(services: [KeysService.name])
                let watch = StandingWatch(
                    authority: server.authority, trail: server.trail, health: health, logger: TestStore.logger)
                await watch.tick()
                #expect(health.serving("") == .serving)

                try await store.restore("before")
                for _ in 0..<3 { await watch.tick() }
                #expect(health.serving("") == .notServing)
                let alerts = try await server.authority.pool.query("SELECT kind, severity FROM alerts")
                #expect(try alerts.map { try $0.value("kind", as: String.self) } == ["store-damaged"])
                let list = try #require(try await server.status("ListKeys", Proto.ListKeysRequest(), as: "operator"))
                #expect(list.code == .unavailable && list.message.contains("restore accept"))
                let status: Proto.KeysStatusResponse = try await server.call(
                    "Status", Proto.KeysStatusRequest(), as: "operator")
                #expect(status.quarantined && !status.sealed)

                let request = Proto.AcceptRestoreRequest(revision: status.revision)
                let accepted: Proto.AcceptRestoreResponse = try await server.call(
                    "AcceptRestore", request, as: "operator")
                #expect(accepted.loggedRevision == status.revision + 1 && accepted.revision == status.revision + 2)
                #expect(Set(accepted.replayed.map(\.operation)) == ["create-key"])
                await watch.tick()
                #expect(health.serving("") == .serving)
                _ = try await server.call(
                    "ListKeys", Proto.ListKeysRequest(), as: "operator", answering: Proto.ListKeysResponse.self)
                let events = try await server.events { $0.contains { $0.cause == "quarantined" } }
                #expect(events.contains { $0.operation == .status && $0.outcome == RPCCode.unavailable.rawValue })
            }
        }
    }
}
