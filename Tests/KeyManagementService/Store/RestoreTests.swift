import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// A store that a database administrator, or a backup, brought back to what it was, and that an operator accepts.
@Suite(.enabled(if: TestStore.isConfigured)) struct RestoreTests {
    private struct Scene {
        let store: TestStore
        let history = TestHistory()
        let replica: KeyAuthority

        init(_ store: TestStore, suite: CipherSuite? = nil) async throws {
            self.store = store
            replica = try await store.replica(history: history)
            let declaration = Sample.declaration { table in for index in 0..<2 { table.fields[index].suite = suite } }
            _ = try await replica.applyCatalog(declaration, context: .test)
        }

        func object(_ name: String) async throws -> KeyObject { try #require(try await replica.keyObject(named: name)) }

        func rotate(_ name: String) async throws -> KeyRecord {
            try await replica.rotate(try await object(name), called: name, context: .test)
        }

        func compromise(_ name: String) async throws -> CompromiseOutcome {
            let note = try #require(CompromiseNote(reason: "leaked", suspectedSinceUnixMs: nil))
            return try await replica.compromise(
                try await object(name), called: name, version: nil, note: note, context: .test
            ).value
        }

        func destroy(_ record: KeyRecord) async throws {
            _ = try await replica.change { writer in
                let names = try await replica.names(writer.reader)
                for event in [KeyState.Event.windowClosed, .destroyed] {
                    let current = try #require(try await writer.reader.key(record.object, version: record.version))
                    if let next = current.after(event, atUnixUs: writer.nowUnixUs) {
                        let written = try await writer.update(next)
                        if event == .destroyed { writer.note(.destroyKey, written, names, .test) }
                    }
                }
            }
        }

        /// The log learns all, and the database forgets what came after `copy`.
        func rollBack(to copy: String) async throws -> KeyAuthority {
            try await history.ship(replica.pool)
            try await store.restore(copy)
            return try await store.replica(history: history)
        }

        func state(_ version: KeyVersion, _ replica: KeyAuthority) async throws -> KeyRecord? {
            try await replica.read { try await $0.key("version = \(version.column)") }
        }
    }

    @Test func acceptedItServesAndWhatWasTakenAwayStaysAway() async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store, suite: .xaes256GCMCommitting)
            let recipient = try Recipient()
            let email = try await scene.replica.grant(.email, to: recipient)
            let first = try await scene.replica.grant(.note, to: recipient)
            let second = try await scene.rotate("users.note")
            try await store.copy(to: "backup")
            let compromised = try await scene.compromise("users.email")
            try await scene.destroy(first.record)
            let logged = try await scene.replica.counts().revision

            let late = try await scene.rollBack(to: "backup")
            let revision = try await late.counts().revision
            #expect(revision == logged - 2)
            #expect(await failure { _ = try await late.grant(.email, to: recipient) }?.isQuarantine == true)
            #expect(
                await failure {
                    _ = try await late.acceptRestore(revision: revision + 1, dryRun: false, context: .test)
                } == .otherRevision)

            let planned = try await late.acceptRestore(revision: revision, dryRun: true, context: .test)
            #expect(planned.value.loggedRevision == logged && planned.value.rotated.isEmpty)
            #expect(planned.value.replayed.map(\.operation) == [.compromiseKey, .createKey, .destroyKey])
            #expect(try await late.counts().revision == revision)

            let accepted = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            #expect(accepted.revision == logged + 1)
            #expect(accepted.value.rotated.map(\.name) == ["users.email"])
            for replica in [late, scene.replica, try await store.replica(history: scene.history)] {
                #expect(try await replica.counts().revision == logged + 1)
                let new = try await replica.grant(.email, to: recipient)
                #expect(new.record.version != email.record.version)
                #expect(try await replica.grant(.note, to: recipient).record.version == second.version)
                #expect(try await scene.state(email.record.version, replica)?.state == .compromised)
                let gone = try #require(try await scene.state(first.record.version, replica))
                #expect(gone.state == .destroyed && gone.encryptedKey.isEmpty)
                // Made after the backup: its id is never given out again.
                let lost = try #require(compromised.made.first?.record.version)
                let tombstone = try #require(try await scene.state(lost, replica))
                #expect(tombstone.state == .destroyed && tombstone.object == email.record.object)
                let told = try await replica.keyChanges(after: revision, limit: 10).changes.flatMap(\.notices)
                #expect(told.contains { $0.kind == .keyRevoked && $0.version == lost }, "caches forget it")
            }
            #expect(
                await failure {
                    _ = try await late.acceptRestore(revision: logged + 1, dryRun: false, context: .test)
                } == .notQuarantined)
            // The chain goes on, and so does the life of the keys.
            _ = try await late.rotate(email.record.object, called: "users.email", context: .test)
            try await scene.history.ship(late.pool)
            _ = try await store.replica(history: scene.history).grant(.email, to: recipient)
        }
    }

    @Test(arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305, .xaes256GCMCommitting])
    func versionsWithCountedNoncesAreRotated(_ suite: CipherSuite) async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store, suite: suite)
            let email = try await scene.replica.ensureKeys(of: .email, context: .test)
            _ = try await scene.replica.ensureKeys(of: .note, context: .test)
            try await store.copy(to: "backup")
            _ = try await scene.rotate("users")
            let late = try await scene.rollBack(to: "backup")
            let revision = try await late.counts().revision
            let accepted = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            let isCounted = suite != .xaes256GCMCommitting
            #expect(accepted.value.rotated.map(\.name).sorted() == (isCounted ? ["users.email", "users.note"] : []))
            #expect(try await scene.state(email.version, late)?.state == (isCounted ? .transition : .active))
            _ = try await late.grant(.email, version: email.version, to: try Recipient())
        }
    }

    @Test func aRestoredStoreReplaysFromItsBackup() async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store)
            let email = try await scene.replica.ensureKeys(of: .email, context: .test)
            try await store.copy(to: "backup")
            let backup = try await scene.replica.counts().revision
            _ = try await scene.compromise("users")
            try await scene.history.ship(scene.replica.pool)
            try await store.restore("backup")
            // As an offline restore leaves it: nothing was compared with the log yet.
            let restored = try await store.replica()
            _ = try await restored.change { writer in
                try await writer.write(
                    Quarantine(storeID: writer.storeID, sinceUnixUs: 1, backupRevision: backup, reason: .restored))
            }
            let late = try await store.replica(history: scene.history)
            let accepted = try await late.acceptRestore(revision: backup + 1, dryRun: false, context: .test)
            #expect(accepted.value.rotated.map(\.name).sorted() == ["users", "users.email", "users.email/by_email"])
            #expect(try await scene.state(email.version, late)?.state == .compromised)
            #expect(try await !late.counts().isQuarantined)
        }
    }

    @Test func aCompromisedMasterKeyIsReplacedAgain() async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store)
            let recipient = try Recipient()
            let email = try await scene.replica.grant(.email, to: recipient)
            try await store.copy(to: "backup")
            _ = try await scene.compromise("master")
            let late = try await scene.rollBack(to: "backup")
            let revision = try await late.counts().revision
            let accepted = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            #expect(
                Set(accepted.value.rotated.map(\.name)).isSuperset(of: ["master", "audit-hash", "users", "users.email"])
            )
            let fresh = try await store.replica(history: scene.history).grant(.email, to: recipient)
            #expect(try recipient.open(fresh) != recipient.open(email))
        }
    }

    @Test func whatTheCatalogDoesNotKnowIsReported() async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store)
            _ = try await scene.replica.ensureKeys(of: .email, context: .test)
            try await store.copy(to: "backup")
            let declaration = Sample.declaration {
                $0.fields.append(
                    .init(name: "phone", sensitivity: .low, rowBound: false, recordKeys: false, indexes: []))
            }
            _ = try await scene.replica.applyCatalog(declaration, context: .test)
            let phone = try await scene.replica.ensureKeys(
                of: FieldName(table: "users", field: "phone"), context: .test)
            let late = try await scene.rollBack(to: "backup")
            let revision = try await late.counts().revision
            let accepted = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            #expect(accepted.value.replayed.map(\.object) == ["users.phone", "users.phone"])
            #expect(accepted.value.replayed.last?.version == phone.version)
            #expect(try await scene.state(phone.version, late) == nil)
        }
    }

    @Test func anErasedSubjectStaysErased() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            let replica = try await store.replica(history: history)
            let declaration = Sample.declaration { $0.fields[1].subjectKeys = true }
            _ = try await replica.applyCatalog(declaration, context: .test)
            let recipient = try Recipient()
            let requests: [KeyAuthority.SubjectRequest] = [(.note, .subject([1])), (.note, .subject([2]))]
            let made = try await replica.subjectKeys(requests, to: recipient.grantRecipient, context: .test)
            let ids = try made.map { try $0.get().id }
            try await store.copy(to: "backup")
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            _ = try await replica.erase(ids[0], in: table, context: .test)
            try await history.ship(replica.pool)
            try await store.restore("backup")
            let late = try await store.replica(history: history)
            let revision = try await late.counts().revision
            _ = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            let after = try await late.subjectKeys(requests, to: recipient.grantRecipient, context: .test)
            #expect(throws: KeyServiceError.subjectErased) { try after[0].get() }
            #expect(try after[1].get().id == ids[1])
        }
    }

    @Test func withoutTheLogNothingIsAccepted() async throws {
        try await TestStore.with { store in
            let scene = try await Scene(store)
            try await store.copy(to: "backup")
            _ = try await scene.replica.ensureKeys(of: .email, context: .test)
            let late = try await scene.rollBack(to: "backup")
            scene.history.isReachable = false
            let revision = try await late.counts().revision
            let error = await failure {
                _ = try await late.acceptRestore(revision: revision, dryRun: false, context: .test)
            }
            #expect(error?.cause == "history")
            #expect(try await late.counts().isQuarantined)
        }
    }
}
