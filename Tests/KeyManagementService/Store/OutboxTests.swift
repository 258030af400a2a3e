import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct OutboxTests {
    @Test func everyChangeLeavesItsEventInTheSameTransaction() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            #expect(try await events(replica).map(\.operation) == [.createKey, .createKey, .createKey])
            let (_, revision) = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let applied = try await events(replica)
            #expect(applied.map(\.object) == ["users", "users.email", "users.email/by_email", "users.note"])
            #expect(applied.allSatisfy { $0.operation == .applyCatalog && $0.storeRevision == revision })
            #expect(applied.allSatisfy { $0.cause == "create" && $0.actor == CallContext.test.actor.identity })

            let record = try await replica.ensureKeys(of: .email, context: .test)
            let made = try await events(replica)
            #expect(made.map(\.object) == ["users", "users.email/by_email", "users.email"])
            #expect(made.last?.table == "users" && made.last?.field == "email")
            #expect(made.last?.keyVersion == record.version.rawValue)
            #expect(made.last?.storeRevision == record.revision)

            let rotated = try await replica.rotate(record.object, called: "users.email", context: .test)
            let rotation = try await events(replica)
            #expect(rotation.map(\.operation) == [.rotateKey])
            #expect(rotation.first?.keyVersion == rotated.version.rawValue)
        }
    }

    @Test func aFailedChangeLeavesNone() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await events(replica)
            let revision = try await replica.catalog().revision
            _ = await failure {
                _ = try await replica.change { writer in
                    writer.events.append(CallContext.test.event(.rotateKey, of: "users", version: nil))
                    throw KeyServiceError.conflict
                }
            }
            #expect(try await events(replica).isEmpty)
            #expect(try await replica.catalog().revision == revision)
        }
    }

    /// Takes what is in the outbox.
    private func events(_ replica: KeyAuthority) async throws -> [Proto.Event] {
        try await replica.pool.query(
            "WITH gone AS (DELETE FROM audit_outbox RETURNING position, event) SELECT event FROM gone ORDER BY position"
        ).map { try Proto.Event(decoding: try $0.value("event", as: [UInt8].self)) }
    }
}
