import FieldsealCustody
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct StoreCreationTests {
    @Test func replicasStartedTogetherMakeOneMasterKey() async throws {
        try await TestStore.with { store in
            let replicas = try (0..<6).map { _ in try store.sealedReplica() }
            try await withThrowingTaskGroup { group in
                for replica in replicas { group.addTask { try await replica.unseal() } }
                try await group.waitForAll()
            }
            let counts = try await replicas[0].pool.query(
                "SELECT key_type, count(*) AS count FROM encryption_keys GROUP BY key_type ORDER BY key_type")
            #expect(
                try counts.map { try $0.value("key_type", as: String.self) } == [
                    "audit-hash", "master", "store-integrity",
                ])
            #expect(try counts.allSatisfy { try $0.value("count", as: Int.self) == 1 })
            let ids = try replicas.map { try $0.unsealed().storeID }
            #expect(Set(ids).count == 1)
        }
    }

    @Test func aStoreIsOpenedAgainAndNotMadeAnew() async throws {
        try await TestStore.with { store in
            let first = try await store.replica()
            let recipient = try Recipient()
            _ = try await first.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await first.grant(.email, to: recipient))
            let second = try await store.replica()
            #expect(try recipient.open(try await second.grant(.email, to: recipient)) == key)
        }
    }

    @Test func anotherProviderLeavesTheServiceSealed() async throws {
        try await TestStore.with { store in
            _ = try await store.replica()
            let stranger = try store.sealedReplica(provider: try MemoryProvider())
            await #expect(throws: MasterKeyError.self) { try await stranger.unseal() }
            #expect(stranger.isSealed)
            #expect(await failure { _ = try await stranger.catalog() } == .sealed)
        }
    }

    @Test(arguments: ["DELETE FROM encryption_keys", "DELETE FROM encryption_keys WHERE key_type = 'master'"])
    func aStoreThatLostItsKeysIsNotMadeAnew(damage: String) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            try await replica.pool.withConnection { try await $0.script(damage) }
            let next = try store.sealedReplica()
            #expect(await failure { try await next.unseal() }?.code == .dataLoss)
            #expect(next.isSealed)
        }
    }

    @Test func theChainLeadsFromTheFirstRevisionToTheHead() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            let state = try await replica.read { try await $0.revision() }
            let rows = try await replica.pool.query(
                "SELECT revision, changes, head FROM store_revisions ORDER BY revision")
            #expect(rows.count == 3, "made, declared, key made; a second ensure changes nothing")
            #expect(state.revision == 3)
            var replayed = try StoreRevision(creating: state.storeID)
            for row in rows {
                replayed = try replayed.advanced(by: StoreChange(encoded: try row.value("changes")))
                #expect(try row.value("head", as: [UInt8].self) == replayed.head)
            }
            #expect(replayed == state)
        }
    }
}
