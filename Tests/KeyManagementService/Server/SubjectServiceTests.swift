import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct SubjectServiceTests {
    static let catalog = [
        Proto.CatalogTable(
            name: "users", keyColumns: ["id"],
            fields: [
                Proto.CatalogField(
                    name: "email", sensitivity: .high,
                    indexes: [Proto.IndexDescription(name: "by_email", bits: 64, normaliser: .email)], subjectKeys: true
                ),
                Proto.CatalogField(
                    name: "note", sensitivity: .low,
                    indexes: [Proto.IndexDescription(name: "words", bits: 32)], subjectKeys: true),
                Proto.CatalogField(
                    name: "plain", sensitivity: .low,
                    indexes: [Proto.IndexDescription(name: "words", bits: 32)]),
            ]),
        Proto.CatalogTable(
            name: "logs", keyColumns: ["id"],
            fields: [Proto.CatalogField(name: "line", sensitivity: .medium, subjectKeys: true)]),
    ]
    static let ann = Array("ann@example.org".utf8)

    private func withServer(_ body: @Sendable @escaping (TestServer) async throws -> Void) async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                _ = try await server.call(
                    "ApplyCatalog", Proto.ApplyCatalogRequest(tables: Self.catalog), as: "operator",
                    answering: Proto.ApplyCatalogResponse.self)
                try await body(server)
            }
        }
    }

    private static func get(
        _ server: TestServer, _ recipient: Recipient, _ selectors: [Proto.SubjectSelector]
    ) async throws -> [Proto.SubjectKeyResult] {
        let response: Proto.GetSubjectKeyResponse = try await server.call(
            "GetSubjectKey",
            Proto.GetSubjectKeyRequest(recipient: recipient.pair.publicKey, selectors: selectors, epoch: .test),
            as: "encryption-service")
        return response.results
    }

    private static func erase(
        _ server: TestServer, _ subject: [UInt8], table: String = "users", dryRun: Bool = false
    ) async throws -> Proto.EraseSubjectResponse {
        try await server.call(
            "EraseSubject", Proto.EraseSubjectRequest(table: table, subjectID: subject, dryRun: dryRun), as: "operator")
    }

    /// What the store's changes left for the audit trail.
    private static func outbox(_ server: TestServer) async throws -> [Proto.Event] {
        try await server.authority.pool.query("SELECT event FROM audit_outbox ORDER BY position")
            .map { try Proto.Event(decoding: try $0.value("event", as: [UInt8].self)) }
    }

    @Test func aKeyTravelsSealedToItsProcess() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let results = try await Self.get(
                server, recipient,
                [
                    .init(field: "users.email", subject: .subjectID(Self.ann)),
                    .init(field: "users.note", subject: .subjectID(Self.ann)),
                    .init(field: "logs.line", subject: .subjectID(Self.ann)),
                    .init(field: "users.plain", subject: .subjectID(Self.ann)),
                    .init(field: "users.email", subject: .subjectKeyID([1, 2, 3])),
                    .init(field: "users.email", subject: .subjectKeyID([UInt8](repeating: 1, count: 16))),
                    .init(field: "users.email"),
                ])
            let codes = results.map { result -> RPCCode in
                switch result.outcome {
                case .grant: .ok
                case .error(let error): RPCCode(rawValue: error.code) ?? .unknown
                case nil: .unknown
                }
            }
            #expect(
                codes == [
                    .ok, .ok, .permissionDenied, .invalidArgument, .invalidArgument, .notFound, .invalidArgument,
                ])
            guard case .grant(let first) = results[0].outcome, case .grant(let second) = results[1].outcome else {
                Issue.record("no grants")
                return
            }
            #expect(first.subjectKeyID == second.subjectKeyID && first.ttlSeconds == 300)
            let id = try #require(ObjectID(bytes: first.subjectKeyID))
            let key = try recipient.pair.open(
                first.sealedKey, identity: Recipient.identity, context: KeyAgreement.subjectContext(id))
            #expect(key.count == 32)
            let events = try await server.events { $0.contains { $0.operation == .getSubjectKey && $0.outcome == 0 } }
            let made = try await Self.outbox(server).filter {
                $0.operation == .createKey && $0.object == "users/subjects" && $0.keyVersion == 0
            }
            #expect(made.map(\.count) == [1] && made.first?.table == "users")
            #expect(events.contains { $0.operation == .getSubjectKey && $0.field == "email" && $0.outcome == 0 })
        }
    }

    @Test func anErasureIsAnnouncedDoneAndTold() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let made = try await Self.get(
                server, recipient, [.init(field: "users.email", subject: .subjectID(Self.ann))])
            guard case .grant(let grant) = made.first?.outcome else {
                Issue.record("no grant")
                return
            }
            let dry = try await Self.erase(server, Self.ann, dryRun: true)
            #expect(dry.found && dry.subjectKeyID == grant.subjectKeyID && dry.erasedUnixMs == 0)
            #expect(dry.indexColumns == ["users.email/by_email", "users.note/words"])
            let again = try await Self.get(
                server, recipient, [.init(field: "users.email", subject: .subjectID(Self.ann))])
            #expect(again == made || again.count == 1)

            let erased = try await Self.erase(server, Self.ann)
            #expect(erased.found && erased.subjectKeyID == grant.subjectKeyID && erased.erasedUnixMs > 0)
            #expect(erased.indexColumns == dry.indexColumns)
            #expect(erased.revision > 0)
            let refused = try await Self.get(
                server, recipient,
                [
                    .init(field: "users.email", subject: .subjectID(Self.ann)),
                    .init(field: "users.email", subject: .subjectKeyID(grant.subjectKeyID)),
                ])
            for result in refused {
                guard case .error(let error) = result.outcome else {
                    Issue.record("a key of an erased subject")
                    continue
                }
                #expect(error.code == RPCCode.failedPrecondition.rawValue && error.message == "the subject was erased")
            }
            let repeated = try await Self.erase(server, Self.ann)
            #expect(repeated.erasedUnixMs == erased.erasedUnixMs && repeated.revision == erased.revision)
            let unknown = try await Self.erase(server, Array("nobody".utf8))
            #expect(!unknown.found && unknown.subjectKeyID.isEmpty)

            let id = try #require(ObjectID(bytes: grant.subjectKeyID))
            let name = "users/subjects/\(id)"
            let calls = try await server.events { events in
                events.filter { $0.operation == .eraseSubject }.count >= 4
            }
            let changes = try await Self.outbox(server)
            let intents = calls.filter { $0.operation == .eraseSubject && $0.cause == "intent" }
            #expect(intents.map(\.object) == [name] && intents.first?.storeRevision == 0)
            let done = changes.filter { $0.operation == .eraseSubject }
            #expect(done.map(\.object) == [name] && done.first?.storeRevision == erased.revision)
            #expect(done.first?.table == "users" && done.first?.cause == "" && done.first?.outcome == 0)
            #expect(SubjectObject.key(in: name) == id)
            let events = calls + changes
            for event in events { #expect(!"\(event)".contains("ann@example.org")) }
        }
    }

    @Test func aCompromisedKeyIsGivenForARewrapAndErasedWithItsSuccessor() async throws {
        try await withServer { server in
            let recipient = try Recipient()
            let named = Proto.SubjectSelector(field: "users.email", subject: .subjectID(Self.ann))
            let made = try await Self.get(server, recipient, [named])
            guard case .grant(let former) = made.first?.outcome else {
                Issue.record("no grant")
                return
            }
            let object = try #require(try await server.authority.keyObject(named: "users/subjects"))
            let note = try #require(CompromiseNote(reason: "a dump was found", suspectedSinceUnixMs: nil))
            _ = try await server.authority.compromise(
                object, called: "users/subjects", version: nil, note: note, context: .test)
            let selectors = [
                Proto.SubjectSelector(field: "users.email", subject: .subjectKeyID(former.subjectKeyID)),
                Proto.SubjectSelector(
                    field: "users.email", subject: .subjectKeyID(former.subjectKeyID), forRewrap: true),
                named,
            ]
            let results = try await Self.get(server, recipient, selectors)
            #expect(
                results[0].outcome
                    == .error(
                        .init(code: RPCCode.failedPrecondition.rawValue, message: "the subject key is compromised")))
            guard case .grant(let moving) = results[1].outcome, case .grant(let current) = results[2].outcome else {
                Issue.record("no grants")
                return
            }
            #expect(moving.subjectKeyID == former.subjectKeyID)
            #expect(moving.successorKeyID == current.subjectKeyID && !moving.sealedSuccessorKey.isEmpty)
            #expect(current.subjectKeyID != former.subjectKeyID && current.successorKeyID.isEmpty)

            let erased = try await Self.erase(server, Self.ann)
            #expect(erased.found && erased.subjectKeyID == current.subjectKeyID)
            let names = try [current, former].map {
                "users/subjects/\(try #require(ObjectID(bytes: $0.subjectKeyID)))"
            }
            let calls = try await server.events { events in
                events.filter { $0.cause == "intent" }.count >= 2
            }
            #expect(calls.filter { $0.cause == "intent" }.map(\.object) == names)
            #expect(calls.contains { $0.operation == .getSubjectKey && $0.cause == "compromised" && $0.outcome == 0 })
            let done = try await Self.outbox(server).filter { $0.operation == .eraseSubject }
            #expect(done.map(\.object) == names)
            let again = try await Self.erase(server, Self.ann)
            #expect(again.subjectKeyID == erased.subjectKeyID && again.revision == erased.revision)
        }
    }

    @Test func theRightOnAllFieldsIsNeeded() async throws {
        try await withServer { server in
            let long = [UInt8](repeating: 1, count: 257)
            let calls: [(table: String, subject: [UInt8], caller: String, code: RPCCode?)] = [
                ("users", Self.ann, "encryption-service", .permissionDenied),
                ("users", Self.ann, "backend", .permissionDenied), ("nothing", Self.ann, "backend", .permissionDenied),
                ("nothing", Self.ann, "operator", .notFound), ("users", [], "operator", .invalidArgument),
                ("users", long, "operator", .invalidArgument), ("users", Self.ann, "operator", nil),
            ]
            for call in calls {
                let request = Proto.EraseSubjectRequest(table: call.table, subjectID: call.subject)
                let status = try await server.status("EraseSubject", request, as: call.caller)
                #expect(status?.code == call.code, "\(call)")
            }
        }
    }
}
