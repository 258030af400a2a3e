import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct QuarantineTests {
    private func quarantine(_ replica: KeyAuthority) async throws {
        _ = try await replica.change { writer in
            try await writer.write(
                Quarantine(
                    storeID: writer.storeID, sinceUnixUs: 1_800_000_000_000_000, backupRevision: writer.before.revision,
                    reason: .restored))
        }
    }

    @Test func aQuarantinedStoreServesNothingOnAnyReplica() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let running = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            try await quarantine(replica)
            let recipient = try Recipient()
            for replica in [replica, running, try await store.replica()] {
                #expect(
                    await failure { _ = try await replica.grant(.email, to: recipient) }
                        == .quarantined(.restored(backupRevision: 2)))
                #expect(await failure { _ = try await replica.catalog() }?.isQuarantine == true)
                #expect(try await replica.counts().isQuarantined)
            }
            _ = try await replica.change(.any) { try await $0.liftQuarantine() }
            for replica in [replica, running, try await store.replica()] {
                _ = try await replica.grant(.email, to: recipient)
            }
        }
    }

    @Test(arguments: [
        "UPDATE store_quarantine SET backup_revision = backup_revision + 1",
        "UPDATE store_quarantine SET since = since - interval '1 day'",
        "UPDATE store_quarantine SET reason = 'none'",
        "UPDATE store_quarantine SET store_id = gen_random_uuid()",
        "DELETE FROM store_quarantine",
    ])
    func itCannotBeChangedOrTakenAway(_ statement: String) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            try await quarantine(replica)
            try await store.administer { try await $0.script(statement) }
            let late = try store.sealedReplica()
            let error = await failure {
                try await late.unseal()
                try await late.read { _ in }
            }
            #expect(error?.code == .dataLoss)
        }
    }
}
