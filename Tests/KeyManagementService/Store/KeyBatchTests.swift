import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import Testing

@testable import KeyManagementService

/// Many objects of one request are one transaction.
@Suite(.enabled(if: TestStore.isConfigured)) struct KeyBatchTests {
    private static let names = (0..<12).flatMap { table in
        (0..<5).map { FieldName(table: "t\(table)", field: "f\($0)") }
    }

    private static func declaration(suite: CipherSuite) -> CatalogDeclaration {
        let tables = Dictionary(grouping: names, by: \.table).map { table, fields in
            CatalogDeclaration.Table(
                name: table, keyColumns: ["id"],
                fields: fields.map {
                    .init(
                        name: $0.field, sensitivity: .high, suite: suite, rowBound: false, recordKeys: false,
                        indexes: $0.field == "f0" ? [.init(name: "i", bits: 64, normaliser: .none)] : [])
                })
        }
        return CatalogDeclaration(tables: tables)
    }

    @Test func theirKeysAreMadeAtOnce() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let (_, declared) = try await replica.applyCatalog(Self.declaration(suite: .aes256GCM), context: .test)
            let unknown = FieldName(table: "t0", field: "f9")
            let made = try await replica.ensureKeys(of: Self.names + [unknown], context: .test)
            #expect(Set(made.keys) == Set(Self.names))
            #expect(made.values.allSatisfy { $0.isActive && $0.revision == declared + 1 })
            #expect(Set(made.values.map(\.version)).count == Self.names.count)
            #expect(try await replica.activeVersions(.dek).count == 12)
            #expect(try await replica.activeVersions(.index).count == 12)
            #expect(try await events(at: declared + 1, replica).count == Self.names.count + 12 + 12)
            #expect(try await replica.ensureKeys(of: Self.names, context: .test) == made)
            #expect(try await replica.catalog().revision == declared + 1)
            // They open, each under its own table's key.
            let recipient = try Recipient()
            for name in [Self.names[0], Self.names[7], Self.names[59]] {
                #expect(try recipient.open(try await replica.grant(name, to: recipient)).count == 32)
            }
        }
    }

    @Test func aChangeOfTheirSuiteMakesTheirVersionsAtOnce() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Self.declaration(suite: .aes256GCM), context: .test)
            let old = try await replica.ensureKeys(of: Self.names, context: .test)
            let (plan, revision) = try await replica.applyCatalog(
                Self.declaration(suite: .xaes256GCMCommitting), context: .test)
            #expect(plan.reversioned.count == Self.names.count)
            let new = try await replica.ensureKeys(of: Self.names, context: .test)
            #expect(new.values.allSatisfy { $0.revision == revision && $0.rotationCount == 1 })
            #expect(new.values.allSatisfy { $0.protection?.suite == .xaes256GCMCommitting })
            for (name, record) in old {
                let superseded = try await replica.key(named: "\(name)", version: record.version).key.record
                #expect(superseded.state == .transition && superseded.protection?.suite == .aes256GCM)
            }
        }
    }

    @Test func whatFailsIsOnesOwn() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test)
                _ = try await server.authority.ensureKeys(of: .email, context: .test)
                try await server.authority.pool.query("UPDATE encryption_keys SET suite = 3 WHERE key_type = 'fek'")
                let response: Proto.EnsureFieldKeyResponse = try await server.call(
                    "EnsureFieldKey",
                    Proto.EnsureFieldKeyRequest(fields: [
                        "users.email", "users.none", "users.note", "logs.line", "no name",
                    ]),
                    as: "encryption-service")
                #expect(
                    response.results.map(\.code) == [.dataLoss, .notFound, .ok, .permissionDenied, .permissionDenied])
                let events = try await server.events { $0.contains { $0.cause == "damaged" } }
                let outcomes = Set(events.filter { $0.operation == .deriveFieldKey }.map(\.outcome))
                #expect(outcomes == [0, 5, 7, 15])
            }
        }
    }

    private func events(at revision: UInt64, _ replica: KeyAuthority) async throws -> [Proto.Event] {
        try await replica.pool.query("SELECT event FROM audit_outbox ORDER BY position")
            .map { try Proto.Event(decoding: try $0.value("event", as: [UInt8].self)) }
            .filter { $0.storeRevision == revision }
    }
}
