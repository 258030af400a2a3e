import FieldsealPostgres
import FieldsealRPC
import Testing

@testable import KeyManagementService

/// A database administrator who brings the store, or one row of it, back to what it was.
@Suite(.enabled(if: TestStore.isConfigured)) struct RollbackTests {
    @Test func anOlderStoreServesNothingAtTheNextStartNorUnderARunningReplica() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            let replica = try await store.replica(history: history)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let email = try await replica.ensureKeys(of: .email, context: .test)
            try await store.copy(to: "before")
            _ = try await replica.rotate(email.object, called: "users.email", context: .test)
            try await history.ship(replica.pool)
            let revision = try await replica.counts().revision
            #expect(revision == 4)

            try await store.restore("before")
            let late = try await store.replica(history: history)
            #expect(!late.isSealed)
            let recipient = try Recipient()
            for replica in [replica, late] {
                let expected = KeyServiceError.quarantined(.rolledBack(to: 3, from: 4))
                #expect(await failure { _ = try await replica.grant(.email, to: recipient) } == expected)
                #expect(
                    await failure { _ = try await replica.rotate(email.object, called: "users.email", context: .test) }
                        == expected)
                let counts = try await replica.counts()
                #expect(counts.isQuarantined && counts.revision == 3)
            }
            #expect(KeyServiceError.quarantined(.rolledBack(to: 3, from: 4)).code == .unavailable)
        }
    }

    @Test func aStoreAsNewAsTheLogOrNewerIsServed() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            let replica = try await store.replica(history: history)
            try await history.ship(replica.pool)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let late = try await store.replica(history: history)
            _ = try await late.grant(.email, to: try Recipient())
            #expect(try await !late.counts().isQuarantined)
        }
    }

    @Test func withoutTheLogAStartWaitsUnlessItNeedNot() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            history.isReachable = false
            let waiting = try store.sealedReplica(history: history)
            let error = await failure { try await waiting.unseal() }
            #expect(error?.cause == "history" && error?.code == .unavailable)
            #expect(waiting.isSealed)
            let unchecked = try store.sealedReplica(history: history, revisionCheck: .whenReachable)
            try await unchecked.unseal()
            history.isReachable = true
            try await waiting.unseal()
            #expect(!waiting.isSealed)
        }
    }

    @Test func anEmptiedDatabaseIsNoNewStore() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            try await store.copy(to: "empty")
            let replica = try await store.replica(history: history)
            try await history.ship(replica.pool)
            try await store.restore("empty")
            let late = try store.sealedReplica(history: history)
            #expect(await failure { try await late.unseal() } == .storeLost)
        }
    }

    static let reversions = [
        "UPDATE encryption_keys SET (state, is_active, state_at, revision, row_mac) = (SELECT state, is_active, state_at, revision, row_mac FROM before.encryption_keys b WHERE b.id = encryption_keys.id) WHERE id IN (SELECT id FROM before.encryption_keys WHERE key_type = 'fek')",
        "DELETE FROM encryption_keys WHERE key_type = 'fek' AND state = 'transition'",
        "INSERT INTO catalog_indexes SELECT * FROM before.catalog_indexes ON CONFLICT (id) DO UPDATE SET is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac",
        "DELETE FROM catalog_indexes WHERE is_removed",
        "DELETE FROM store_revisions WHERE revision = 2",
        "DELETE FROM store_revisions WHERE revision = (SELECT max(revision) FROM store_revisions)",
        "UPDATE store_revisions SET changes = set_byte(changes, 20, get_byte(changes, 20) # 1) WHERE revision = 2",
        "UPDATE store_revisions SET head = set_byte(head, 20, get_byte(head, 20) # 1) WHERE revision = 2",
        "UPDATE store_revisions SET changes = substring(changes FROM 1 FOR 48) WHERE revision = 2",
    ]

    /// Each row's MAC holds: it was once written so.
    @Test(arguments: reversions) func aSingleRowBroughtBackIsNoticedAtTheNextStart(_ statement: String) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let email = try await replica.ensureKeys(of: .email, context: .test)
            try await store.copy(to: "before")
            _ = try await replica.rotate(email.object, called: "users.email", context: .test)
            _ = try await replica.applyCatalog(Sample.declaration { $0.fields[0].indexes = [] }, context: .test)
            try await store.replica().read { _ in }

            try await store.administer { connection in
                try await connection.script("DROP INDEX encryption_keys_one_active; \(statement)")
            }
            let late = try store.sealedReplica()
            #expect(await failure { try await late.unseal() }?.code == .dataLoss)
            #expect(late.isSealed)
        }
    }
}
