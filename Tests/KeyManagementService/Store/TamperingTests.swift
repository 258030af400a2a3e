import FieldsealCrypto
import FieldsealPostgres
import FieldsealSecureMemory
import Testing

@testable import KeyManagementService

/// What somebody with the database's password can do to its rows, and that it is noticed at their next use.
@Suite(.enabled(if: TestStore.isConfigured)) struct TamperingTests {
    static let edits = [
        "UPDATE encryption_keys SET encrypted_key = set_byte(encrypted_key, 30, get_byte(encrypted_key, 30) # 1) WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET key_hash = set_byte(key_hash, 0, get_byte(key_hash, 0) # 1) WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET algorithm = 'none' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET suite = 5 WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET row_bound = NOT row_bound WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET record_keys = NOT record_keys WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET subject_keys = true WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET partner_version = 1 WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET leased = 1 WHERE key_type = 'fek'",
        "UPDATE catalog_fields SET subject_keys = true",
        "UPDATE catalog_fields SET rotation_days = 3650",
        "UPDATE catalog_fields SET transition_days = 1",
        "UPDATE catalog_fields SET dual = true",
        "UPDATE catalog_fields SET backup_retention_days = 0",
        "UPDATE catalog_fields SET locations = 'archive'",
        "UPDATE encryption_keys SET created_at = created_at - interval '1 day' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET expires_at = expires_at + interval '1 year' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET state_at = state_at - interval '1 day' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET compromised_at = now() WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET rotation_count = rotation_count + 1 WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET metadata = '{\"x\":1}' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET revision = revision + 1 WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET id = gen_random_uuid() WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET version = version # 1 WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET row_mac = set_byte(row_mac, 0, get_byte(row_mac, 0) # 1) WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET row_mac = '' WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET expires_at = expires_at + interval '1 year' WHERE key_type = 'dek'",
        "UPDATE encryption_keys SET encrypted_key = set_byte(encrypted_key, 30, get_byte(encrypted_key, 30) # 1) WHERE key_type = 'index'",
        "UPDATE catalog_fields SET suite = 2",
        "UPDATE catalog_fields SET row_bound = NOT row_bound",
        "UPDATE catalog_fields SET sensitivity = 1 + sensitivity % 3",
        "UPDATE catalog_fields SET name = CASE name WHEN 'email' THEN 'note' ELSE 'email' END",
        "UPDATE catalog_tables SET key_columns = 'other'",
        "UPDATE catalog_indexes SET bits = 8",
        "UPDATE catalog_indexes SET normaliser = 0",
        "UPDATE catalog_indexes SET kind = 2, hashes = 1",
        "UPDATE catalog_indexes SET hashes = 1",
        // Made to look superseded or removed, so that a new key would be made or the field be unknown.
        "UPDATE encryption_keys SET state = 'transition', is_active = false WHERE key_type = 'fek'",
        "UPDATE encryption_keys SET state = 'transition', is_active = false WHERE key_type = 'dek'",
        "UPDATE encryption_keys SET state = 'transition', is_active = false WHERE key_type = 'index'",
        "UPDATE catalog_tables SET is_removed = true",
        "UPDATE catalog_fields SET is_removed = true",
        "UPDATE catalog_indexes SET is_removed = true",
        // Whole wrapped keys and whole identities of two genuine rows exchanged.
        """
        UPDATE encryption_keys a SET encrypted_key = b.encrypted_key, key_hash = b.key_hash FROM encryption_keys b
        WHERE a.key_type = 'fek' AND b.key_type = 'fek' AND a.id <> b.id
        """,
        """
        ALTER TABLE encryption_keys DROP CONSTRAINT encryption_keys_version_key;
        UPDATE encryption_keys a SET version = b.version, encrypted_key = b.encrypted_key, key_hash = b.key_hash,
            row_mac = b.row_mac FROM encryption_keys b
        WHERE a.key_type = 'fek' AND b.key_type = 'fek' AND a.id <> b.id
        """,
    ]

    @Test(arguments: edits) func anAlteredRowIsRefused(edit: String) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.grant(.note, to: recipient)
            _ = try await replica.grant(.email, to: recipient)
            try await replica.pool.withConnection { try await $0.script(edit) }
            let error = await failure { _ = try await replica.grant(.email, to: recipient) }
            #expect(error?.code == .dataLoss)
            #expect(error?.cause == "damaged")
            #expect(error?.message == "the key store is damaged", "the peer learns no more")
        }
    }

    @Test func anAlteredStoreStateStopsEveryChange() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            try await replica.pool.query("UPDATE store_state SET revision = revision - 1")
            let error = await failure { _ = try await replica.applyCatalog(Sample.declaration(), context: .test) }
            #expect(error?.code == .dataLoss)
        }
    }

    @Test(arguments: ["master", "store-integrity"])
    func anAlteredRootKeepsTheServiceSealed(kind: String) async throws {
        try await TestStore.with { store in
            _ = try await store.replica()
            let next = try store.sealedReplica()
            try await next.pool.query(
                "UPDATE encryption_keys SET created_at = created_at - interval '1 day' WHERE key_type = \(kind)")
            #expect(await failure { try await next.unseal() }?.code == .dataLoss)
            #expect(next.isSealed)
        }
    }

    @Test func aRowOfAnotherStoreIsRefused() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let foreign = try RowMAC(key: try SecretBytes.random(count: 32))
            let record = try await replica.ensureKeys(of: .email, context: .test)
            try await replica.pool.query(
                "UPDATE encryption_keys SET row_mac = \(try foreign.authenticate(record.canonical)) WHERE id = \(record.identity.row.uuid)"
            )
            #expect(await failure { _ = try await replica.grant(.email, to: try Recipient()) }?.code == .dataLoss)
        }
    }
}
