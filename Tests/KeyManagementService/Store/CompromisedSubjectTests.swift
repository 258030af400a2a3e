import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// Keys of subjects under a key that was compromised: each subject gets another.
@Suite(.enabled(if: TestStore.isConfigured)) struct CompromisedSubjectTests {
    private static let ann = SubjectKeyTests.ann
    private static let ben = SubjectKeyTests.ben

    private func with(
        history: TestHistory = TestHistory(), _ body: (TestStore, KeyAuthority, Recipient) async throws -> Void
    ) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(history: history)
            _ = try await replica.applyCatalog(SubjectKeyTests.declaration(), context: .test)
            try await body(store, replica, try Recipient())
        }
    }

    private func compromise(_ replica: KeyAuthority, _ name: String = "users/subjects") async throws -> UInt64 {
        let object = try #require(try await replica.keyObject(named: name))
        let note = try #require(CompromiseNote(reason: "a dump was found", suspectedSinceUnixMs: nil))
        return try await replica.compromise(object, called: name, version: nil, note: note, context: .test).revision
    }

    private func kinds(_ replica: KeyAuthority, at revision: UInt64) async throws -> [Proto.KeyChangeKind] {
        let row = try await replica.pool.query("SELECT changes FROM key_changes WHERE revision = \(Int64(revision))")
            .single()
        return try Proto.KeyChanges(decoding: row.value("changes", as: [UInt8].self)).changes.map(\.kind)
    }

    @Test(arguments: ["users/subjects", "users", "master"])
    func aSubjectGetsAnotherKeyAndTheFormerOneIsForRewrapAlone(name: String) async throws {
        try await with { store, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            let revision = try await compromise(replica, name)
            #expect(try await kinds(replica, at: revision).contains(.subjectsSuperseded))
            for replica in [replica, try await store.replica()] {
                #expect(await replica.subjectFailure(.key(former.id), to: recipient) == .subjectCompromised)
                let current = try await replica.subject(Self.ann, to: recipient).get()
                #expect(current.id != former.id && current.successor == nil)
                #expect(try recipient.open(current) != recipient.open(former))
                let moving = try await replica.subject(.key(former.id, for: .rewrap), to: recipient).get()
                #expect(moving.id == former.id)
                #expect(try recipient.open(moving) == recipient.open(former))
                let successor = try #require(moving.successor)
                #expect(successor.id == current.id)
                let same = SubjectGrant(id: successor.id, sealedKey: successor.sealedKey)
                #expect(try recipient.open(same) == recipient.open(current))
                // The new one is as good as any, also for a rewrap.
                let anyUse = try await replica.subject(.key(current.id, for: .rewrap), to: recipient).get()
                #expect(anyUse.id == current.id && anyUse.successor == nil)
            }
            let wrapping = try #require(try await replica.activeVersions(.subjectWrapping).first).version
            let elsewhere = try await replica.pool.query(
                "SELECT FROM subject_keys WHERE wrapping_version <> \(wrapping.column)")
            #expect(elsewhere.isEmpty)
        }
    }

    @Test func aRewrapMakesTheSuccessorWhereThereIsNone() async throws {
        try await with { store, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            _ = try await compromise(replica)
            let replicas = [replica, try await store.replica()]
            let successors = try await withThrowingTaskGroup(of: ObjectID?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await replicas[number % 2].subject(.key(former.id, for: .rewrap), to: recipient).get()
                            .successor?.id
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(successors.count == 1)
            #expect(try await replica.subject(Self.ann, to: recipient).get().id == successors.first)
        }
    }

    @Test func whatIsCompromisedAgainLeadsToTheNewest() async throws {
        try await with { _, replica, recipient in
            var formers: [ObjectID] = []
            for name in ["users", "users/subjects", "master"] {
                formers.append(try await replica.subject(Self.ann, to: recipient).get().id)
                _ = try await compromise(replica, name)
            }
            let current = try await replica.subject(Self.ann, to: recipient).get()
            #expect(Set(formers + [current.id]).count == 4)
            for former in formers {
                let moving = try await replica.subject(.key(former, for: .rewrap), to: recipient).get()
                #expect(moving.successor?.id == current.id)
            }
        }
    }

    @Test func withoutSubjectsNothingIsTold() async throws {
        try await with { _, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            _ = try await replica.erase(former.id, in: table, context: .test)
            let revision = try await compromise(replica, "users")
            #expect(try await !kinds(replica, at: revision).contains(.subjectsSuperseded))
            #expect(await replica.subjectFailure(Self.ann, to: recipient) == .subjectErased)
            #expect(await replica.subjectFailure(.key(former.id, for: .rewrap), to: recipient) == .subjectErased)
        }
    }

    /// - Parameter isAsked: whether a successor was made before the erasure.
    @Test(arguments: [true, false])
    func anErasureTakesAllKeysOfTheSubject(isAsked: Bool) async throws {
        try await with { _, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            _ = try await compromise(replica)
            var ids = [former.id]
            if isAsked { ids.append(try await replica.subject(Self.ann, to: recipient).get().id) }
            let ben = try await replica.subject(Self.ben, to: recipient).get()
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            let keys = try await replica.subjectKeys(of: Array("ann@example.org".utf8), in: table)
            #expect(keys.map(\.id) == ids.reversed())
            let (tombstone, revision) = try await replica.erase(former.id, in: table, context: .test)
            #expect(tombstone.id == former.id && tombstone.isErased && tombstone.isCompromised)
            #expect(try await kinds(replica, at: revision) == ids.map { _ in .subjectErased })
            for name in [Self.ann] + ids.flatMap({ [.key($0), .key($0, for: .rewrap)] }) {
                #expect(await replica.subjectFailure(name, to: recipient) == .subjectErased)
            }
            #expect(try await replica.subject(Self.ben, to: recipient).get().id == ben.id)
            // Nor is it made anew after the next compromise.
            _ = try await compromise(replica)
            #expect(await replica.subjectFailure(Self.ann, to: recipient) == .subjectErased)
        }
    }

    /// A backup of the time before the compromise knows nothing of the key that the subject had when it was erased.
    @Test func anErasedSubjectStaysErasedAfterARestore() async throws {
        let history = TestHistory()
        try await with(history: history) { store, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            let ben = try await replica.subject(Self.ben, to: recipient).get()
            try await store.copy(to: "backup")
            _ = try await compromise(replica)
            let current = try await replica.subject(Self.ann, to: recipient).get()
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            _ = try await replica.erase(current.id, in: table, context: .test)
            try await history.ship(replica.pool)
            try await store.restore("backup")
            let late = try await store.replica(history: history)
            let revision = try await late.counts().revision
            _ = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            #expect(await late.subjectFailure(Self.ann, to: recipient) == .subjectErased)
            #expect(await late.subjectFailure(.key(former.id, for: .rewrap), to: recipient) == .subjectErased)
            // The compromise is replayed, too.
            #expect(await late.subjectFailure(.key(ben.id), to: recipient) == .subjectCompromised)
            #expect(try await late.subject(Self.ben, to: recipient).get().id != ben.id)
        }
    }

    @Test func aTableThatComesBackHasNoExposedKeys() async throws {
        try await with { _, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            var declaration = SubjectKeyTests.declaration()
            declaration.tables.removeFirst()
            _ = try await replica.applyCatalog(declaration, context: .test)
            _ = try await compromise(replica, "master")
            _ = try await replica.applyCatalog(SubjectKeyTests.declaration(), context: .test)
            #expect(await replica.subjectFailure(.key(former.id), to: recipient) == .subjectCompromised)
            let current = try await replica.subject(Self.ann, to: recipient).get()
            #expect(current.id != former.id)
            let moving = try await replica.subject(.key(former.id, for: .rewrap), to: recipient).get()
            #expect(moving.successor?.id == current.id)
        }
    }

    static let edits = [
        "UPDATE subject_keys SET compromised_at = NULL WHERE compromised_at IS NOT NULL",
        "UPDATE subject_keys SET compromised_at = compromised_at - interval '1 day'",
        "UPDATE subject_keys SET compromised_at = now() WHERE lookup IS NOT NULL",
    ]

    @Test(arguments: edits) func anAlteredMarkIsRefused(edit: String) async throws {
        try await with { _, replica, recipient in
            let former = try await replica.subject(Self.ann, to: recipient).get()
            _ = try await compromise(replica)
            try await replica.pool.withConnection { try await $0.script(edit) }
            for name in [Self.ann, .key(former.id), .key(former.id, for: .rewrap)] {
                #expect(await replica.subjectFailure(name, to: recipient)?.code == .dataLoss)
            }
        }
    }
}
