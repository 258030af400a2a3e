import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// What the store tells encryption services, found from the rows that a transaction writes.
@Suite(.enabled(if: TestStore.isConfigured)) struct KeyChangeTests {
    private func notices(_ replica: KeyAuthority, after revision: UInt64) async throws -> [KeyNotice] {
        try await replica.keyChanges(after: revision, limit: 1_000).changes.flatMap(\.notices)
    }

    private func revision(_ replica: KeyAuthority) async throws -> UInt64 {
        try await replica.read { try await $0.revision().revision }
    }

    @Test func everyRevisionHasItsRow() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            let (newest, changes) = try await replica.keyChanges(after: 0, limit: 1_000)
            #expect(changes.map(\.revision) == Array(1...newest))
        }
    }

    @Test func newAndRevokedVersionsAreTold() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let start = try await revision(replica)
            let first = try await replica.ensureKeys(of: .note, context: .test)
            #expect(
                try await notices(replica, after: start)
                    == [KeyNotice(kind: .keyAdded, field: "users.note", version: first.version)])

            let rotated = try await revision(replica)
            let second = try await replica.rotate(first.object, called: "users.note", context: .test)
            #expect(
                try await notices(replica, after: rotated)
                    == [KeyNotice(kind: .keyAdded, field: "users.note", version: second.version)],
                "the old version goes on to open")

            let closed = try await revision(replica)
            _ = try await replica.change { writer in
                let old = try #require(try await writer.reader.key(first.object, version: first.version))
                return try await writer.update(try #require(old.after(.windowClosed, atUnixUs: writer.nowUnixUs)))
            }
            let revoked = KeyNotice(kind: .keyRevoked, field: "users.note", version: first.version)
            #expect(try await notices(replica, after: closed) == [revoked])

            // Of all that the master key wraps, the retired version too, nothing changes for those who hold it.
            let master = try await revision(replica)
            let object = try #require(try await replica.keyObject(named: "master"))
            _ = try await replica.rotate(object, called: "master", context: .test)
            let table = try #require(try await replica.keyObject(named: "users"))
            _ = try await replica.rotate(table, called: "users", context: .test)
            #expect(try await notices(replica, after: master).isEmpty)
        }
    }

    @Test func theCatalogsChangesAreToldUnderOldAndNewNames() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            var declaration = Sample.declaration()
            _ = try await replica.applyCatalog(declaration, context: .test)
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            let start = try await revision(replica)
            let index = try #require(declaration.tables.firstIndex { $0.name == "users" })
            declaration.tables[index].id = table.id
            declaration.tables[index].name = "people"
            _ = try await replica.applyCatalog(declaration, context: .test)
            let names = Set(try await notices(replica, after: start).filter { $0.kind == .fieldChanged }.map(\.field))
            #expect(names.isSuperset(of: ["users.email", "users.note", "people.email", "people.note"]))
        }
    }

    @Test(arguments: [
        "UPDATE key_changes SET changes = '' WHERE revision = 3",
        "UPDATE key_changes SET changed_at = changed_at - interval '1 day' WHERE revision = 3",
        "UPDATE key_changes a SET changes = b.changes, row_mac = b.row_mac FROM key_changes b WHERE a.revision = 3 AND b.revision = 2",
        "DELETE FROM key_changes WHERE revision = 3",
    ])
    func anAlteredChangeIsNoticed(edit: String) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.ensureKeys(of: .note, context: .test)
            try await replica.pool.withConnection { try await $0.script(edit) }
            let read = await failure { _ = try await replica.keyChanges(after: 1, limit: 100) }
            #expect(read?.code == .dataLoss)
            #expect(await failure { _ = try await replica.propagation(of: 3) }?.code == .dataLoss)
        }
    }

    @Test func anAlteredWatcherIsNoticed() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let process = ObjectID.random()
            try await replica.register(process, identity: "spiffe://a/b", position: 1, ttlSeconds: 300)
            #expect(try await replica.propagation().watchers.map(\.hasAcknowledged) == [false])
            try await replica.pool.query("UPDATE key_watchers SET position = 1000")
            #expect(await failure { _ = try await replica.propagation() }?.code == .dataLoss)
        }
    }

    @Test func whoIsSilentLapsesAndIsForgotten() async throws {
        let time = TestTime()
        try await TestStore.with { store in
            let replica = try store.sealedReplica(clock: { time.now })
            try await replica.unseal()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let (near, far) = (ObjectID.random(), ObjectID.random())
            let known = try await revision(replica)
            for process in [near, far] {
                try await replica.register(process, identity: "spiffe://a/b", position: known, ttlSeconds: 300)
            }
            let changed = time.now
            _ = try await replica.ensureKeys(of: .note, context: .test)
            let newest = try await revision(replica)
            try await replica.acknowledge(near, identity: "spiffe://a/b", position: newest, ttlSeconds: 300)
            let found = try await replica.propagation(of: newest)
            #expect(found.watchers.first { $0.record.replica == near }?.hasAcknowledged == true)
            let silent = try #require(found.watchers.first { $0.record.replica == far })
            #expect(!silent.hasAcknowledged && silent.lapsesUnixUs >= changed + 300_000_000)

            // Another's process is not acknowledged for, nor is what has not happened.
            let foreign = await failure {
                try await replica.acknowledge(far, identity: "spiffe://a/c", position: newest, ttlSeconds: 300)
            }
            #expect(foreign?.code == .permissionDenied)
            let future = await failure {
                try await replica.acknowledge(far, identity: "spiffe://a/b", position: newest + 1, ttlSeconds: 300)
            }
            #expect(future?.code == .invalidArgument)

            time.advance(seconds: 3_700)
            try await replica.careForWatchers(following: [near])
            _ = try await replica.rotate(
                try #require(try await replica.keyObject(named: "users.note")), called: "users.note", context: .test)
            #expect(try await replica.propagation().watchers.map(\.record.replica) == [near])
        }
    }
}
