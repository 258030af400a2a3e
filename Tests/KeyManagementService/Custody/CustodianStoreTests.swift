import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct CustodianStoreTests {
    @Test func aNewStoreIsHeldByAllWhoAreConfigured() async throws {
        try await TestStore.with { store in
            let custodians = try Custodians(names: "a", "b")
            let first = try await store.replica(custodians: custodians)
            let recipient = try Recipient()
            _ = try await first.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await first.grant(.email, to: recipient))
            for custodian in custodians.list {
                let alone = try await store.replica(custodians: Custodians([custodian]))
                #expect(try recipient.open(try await alone.grant(.email, to: recipient)) == key)
            }
        }
    }

    @Test func aRotationIsWrappedUnderAllOrNotDone() async throws {
        try await TestStore.with { store in
            let (first, second) = (TestCustody("first"), TestCustody("second"))
            let replica = try await store.replica(custodians: Custodians([first.custodian, second.custodian]))
            let object = try #require(try await replica.keyObject(named: "master"))
            let rotated = try await replica.rotate(object, called: "master", context: .test)
            #expect(rotated.custodians == ["first", "second"])
            for custody in [first, second] { _ = try await store.replica(custodians: Custodians([custody.custodian])) }

            second.state = .unavailable
            #expect(
                await failure { _ = try await replica.rotate(object, called: "master", context: .test) }?.code
                    == .unavailable)
            let lone = try await store.replica(custodians: Custodians([first.custodian]))
            #expect(
                await failure { _ = try await lone.rotate(object, called: "master", context: .test) }?.code
                    == .unavailable, "one who holds is not configured there")
            #expect(try await replica.read { try await $0.activeKey(object) }?.version == rotated.version)
        }
    }

    /// A store as it was written before there could be several custodians.
    @Test func aWrapInTheKeysOwnRowIsMovedToItsCustodian() async throws {
        try await TestStore.with { store in
            let old = try await store.replica()
            let recipient = try Recipient()
            _ = try await old.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await old.grant(.email, to: recipient))
            let object = try #require(try await old.keyObject(named: "master"))
            _ = try await old.rotate(object, called: "master", context: .test)
            let storeID = try old.unsealed().storeID
            _ = try await old.change { writer in
                for master in try await writer.reader.masters(of: storeID) {
                    var record = master.record
                    record.encryptedKey = master.wraps[0].wrapped
                    record.algorithm = master.wraps[0].algorithm
                    record.metadata = "{\"provider\":\"memory\"}"
                    try await writer.delete(master.wraps[0])
                    _ = try await writer.update(record)
                }
            }
            let custodians = Custodians([Custodian(name: "renamed", provider: store.provider)])
            let next = try await store.replica(custodians: custodians)
            let masters = try await next.read { try await $0.masters(of: storeID) }
            #expect(masters.map { $0.wraps.map(\.custodian) } == [["renamed"], ["renamed"]])
            #expect(masters.allSatisfy { $0.record.encryptedKey.isEmpty })
            #expect(try recipient.open(try await next.grant(.email, to: recipient)) == key)
            let again = try await store.replica(custodians: custodians)
            #expect(try recipient.open(try await again.grant(.email, to: recipient)) == key)
        }
    }

    @Test func aDestroyedMasterKeyLeavesNoWrap() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let object = try #require(try await replica.keyObject(named: "master"))
            let old = try #require(try await replica.read { try await $0.activeKey(object) })
            _ = try await replica.rotate(object, called: "master", context: .test)
            for event in [KeyState.Event.windowClosed, .destroyed] {
                _ = try await replica.change { writer in
                    let record = try #require(try await writer.reader.key(object, version: old.version))
                    _ = try await writer.update(try #require(record.after(event, atUnixUs: writer.nowUnixUs)))
                }
            }
            let rows = try await replica.pool.query(
                "SELECT FROM master_key_wraps WHERE version = \(old.version.column)")
            #expect(rows.isEmpty)
            _ = try await store.replica()
        }
    }

    static let edits = [
        "UPDATE master_key_wraps SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1) WHERE custodian = 'b'",
        "UPDATE master_key_wraps SET added_at = added_at - interval '1 day'",
        "UPDATE master_key_wraps SET drilled_at = now(), drill_outcome = 'passed'",
        "UPDATE master_key_wraps SET revision = 0",
        "UPDATE master_key_wraps SET provider = 'other' WHERE custodian = 'a'",
        "DELETE FROM master_key_wraps WHERE custodian = 'b'",
        """
        INSERT INTO master_key_wraps SELECT gen_random_uuid(), version, 'c', provider, algorithm, wrapped, added_at,
            drilled_at, drill_outcome, revision, row_mac FROM master_key_wraps WHERE custodian = 'b'
        """,
        """
        UPDATE master_key_wraps SET custodian = 'x' WHERE custodian = 'a';
        UPDATE master_key_wraps SET custodian = 'a' WHERE custodian = 'b';
        UPDATE master_key_wraps SET custodian = 'b' WHERE custodian = 'x'
        """,
        "UPDATE encryption_keys SET metadata = '{\"custodians\":[\"a\"]}' WHERE key_type = 'master'",
    ]

    @Test(arguments: edits) func anAlteredWrapIsCaughtAtTheNextUseAndTheNextStart(edit: String) async throws {
        try await TestStore.with { store in
            let custodians = try Custodians(names: "a", "b")
            let replica = try await store.replica(custodians: custodians)
            try await replica.pool.withConnection { try await $0.script(edit) }
            let object = KeyObject(kind: .master, id: try replica.unsealed().storeID)
            let error = await failure { _ = try await replica.rotate(object, called: "master", context: .test) }
            #expect(error?.code == .dataLoss)
            let next = try store.sealedReplica(custodians: custodians)
            #expect(await failure { try await next.unseal() } != nil)
            #expect(next.isSealed)
        }
    }
}
