import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct CompromiseTests {
    private static let note = CompromiseNote(reason: "a \"dump\" was found", suspectedSinceUnixMs: 1_700_000_000_000)

    /// A catalog whose two fields have keys; the first has an index.
    private func prepared(_ store: TestStore) async throws -> KeyAuthority {
        let replica = try await store.replica()
        _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
        _ = try await replica.ensureKeys(of: .email, context: .test)
        _ = try await replica.ensureKeys(of: .note, context: .test)
        return replica
    }

    private func compromise(
        _ replica: KeyAuthority, _ name: String, version: KeyVersion? = nil
    ) async throws -> CompromiseOutcome {
        let object =
            name == "store-integrity"
            ? KeyObject(kind: .storeIntegrity, id: try replica.unsealed().storeID)
            : try #require(try await replica.keyObject(named: name))
        return try await replica.compromise(
            object, called: name, version: version, note: try #require(Self.note), context: .test
        ).value
    }

    private func row(_ replica: KeyAuthority, _ version: KeyVersion) async throws -> KeyRecord {
        try #require(try await replica.read { try await $0.key("version = \(version.column)") })
    }

    @Test func aFieldsKeyIsReplacedMarkedAndGivenForRewrapAlone() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let recipient = try Recipient()
            let old = try await replica.grant(.email, to: recipient)
            let key = try recipient.open(old)
            let outcome = try await compromise(replica, "users.email")
            #expect(outcome.compromised.map(\.record.version) == [old.record.version])
            #expect(outcome.made.map(\.name) == ["users.email"])
            #expect(outcome.affected.map(\.name) == ["users.email"])
            let marked = try await row(replica, old.record.version)
            #expect(marked.state == .compromised && marked.compromisedUnixUs != nil)
            let metadata = #"{"compromise":{"reason":"a \"dump\" was found","suspected_since_unix_ms":1700000000000}}"#
            #expect(marked.metadata == metadata)

            let new = try await replica.grant(.email, to: recipient)
            #expect(new.record.version == outcome.made.first?.record.version)
            #expect(try recipient.open(new) != key)
            #expect(
                await failure { _ = try await replica.grant(.email, version: old.record.version, to: recipient) }
                    == .notGranted(.compromised))
            let forRewrap = try await replica.grant(
                .email, version: old.record.version, for: .rewrap, to: recipient.grantRecipient, context: .test)
            #expect(try recipient.open(forRewrap) == key)
            #expect(
                try await replica.read { try await $0.reencryptionRequests() }.map(\.fieldID) == [old.entry.field.id])
            // Once more changes nothing.
            #expect(try await compromise(replica, "users.email", version: old.record.version).compromised.isEmpty)
            _ = try await store.replica().grant(.email, to: recipient)
        }
    }

    @Test func whatIsAffectedIsSaidWithTheRowsOfTheLastCensus() async throws {
        try await TestStore.with { store in
            let clock = StoreClock()
            let replica = try await store.replica(at: clock)
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].lifecycle.locations = ["archive"] }, context: .test)
            let first = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.ensureKeys(of: .note, context: .test)
            let second = try await replica.rotate(first.object, called: "users.email", context: .test)
            func report(_ counts: [KeyVersion?: UInt64], of field: FieldName = .email, in location: String) async throws
            {
                _ = try await replica.report(
                    counts, of: field, location: location, begunUnixUs: clock.now, isPrimary: true, context: .test)
            }
            func planned(_ version: KeyVersion?) async throws -> CompromiseOutcome {
                let table = try #require(try await replica.keyObject(named: "users"))
                return try await replica.planCompromise(
                    of: version == nil ? table : first.object, version: version, note: try #require(Self.note)
                ).value
            }
            let begun = clock.now
            try await report([first.version: 5, second.version: 7, nil: 2], in: "")
            #expect(try await planned(nil).affected.map(\.count) == [nil, nil, nil], "a place was never counted")
            clock.advance(days: 1)
            try await report([first.version: 30], in: "archive")
            let all = try await planned(nil)
            #expect(all.affected.map(\.name) == ["users.email", "users.email/by_email", "users.note"])
            #expect(all.affected.map(\.count) == [.init(rows: 42, begunUnixUs: begun), nil, nil])
            #expect(
                try await planned(first.version).affected.map(\.count) == [.init(rows: 35, begunUnixUs: begun)])
            let done = try await compromise(replica, "users.email", version: second.version)
            #expect(done.affected.map(\.count) == [.init(rows: 7, begunUnixUs: begun)])
            let message = done.message(revision: 1, watchers: [])
            #expect(message.affected.map(\.rows) == [7])
            #expect(message.affected.map(\.censusUnixMs) == [begun / 1_000])
        }
    }

    @Test func aRetiredVersionIsNotGivenForRewrap() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let old = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(old.object, called: "users.email", context: .test)
            _ = try await replica.change { writer in
                let record = try #require(try await writer.reader.key(old.object, version: old.version))
                _ = try await writer.update(try #require(record.after(.windowClosed, atUnixUs: writer.nowUnixUs)))
            }
            let recipient = try Recipient()
            let error = await failure {
                _ = try await replica.grant(
                    .email, version: old.version, for: .rewrap, to: recipient.grantRecipient, context: .test)
            }
            #expect(error == .notGranted(.retired))
        }
    }

    @Test func anOldVersionAloneLeavesTheActiveOne() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let old = try await replica.ensureKeys(of: .email, context: .test)
            let new = try await replica.rotate(old.object, called: "users.email", context: .test)
            let outcome = try await compromise(replica, "users.email", version: old.version)
            #expect(outcome.compromised.map(\.record.version) == [old.version] && outcome.made.isEmpty)
            #expect(try await replica.ensureKeys(of: .email, context: .test) == new)
        }
    }

    @Test func aTablesKeyTakesAllBelowWithIt() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let recipient = try Recipient()
            let old = try await replica.grant(.email, to: recipient)
            let oldIndex = try recipient.openIndexKeys(old)
            let table = try #require(try await replica.keyObject(named: "users"))
            _ = try await replica.rotate(table, called: "users", context: .test)
            let outcome = try await compromise(replica, "users")
            #expect(
                outcome.compromised.map(\.name).sorted() == [
                    "users", "users", "users.email", "users.email/by_email", "users.note",
                ])
            #expect(
                outcome.made.map(\.name).sorted() == ["users", "users.email", "users.email/by_email", "users.note"])
            #expect(outcome.affected.map(\.name) == ["users.email", "users.email/by_email", "users.note"])
            let new = try await replica.grant(.email, to: recipient)
            #expect(try recipient.open(new) != recipient.open(old))
            #expect(try recipient.openIndexKeys(new) != oldIndex)
            // The new versions stand under the new one of the table, which stands under the master key.
            let dek = try #require(try await replica.read { try await $0.activeKey(table) })
            #expect(new.record.identity.parent?.version == dek.version)
            #expect(try await replica.activeVersions(.index).first?.identity.parent?.version == dek.version)
            let forRewrap = try await replica.grant(
                .email, version: old.record.version, for: .rewrap, to: recipient.grantRecipient, context: .test)
            #expect(try recipient.open(forRewrap) == recipient.open(old))
            // Both can be rotated on.
            _ = try await replica.rotate(table, called: "users", context: .test)
            _ = try await store.replica().grant(.note, to: recipient)
        }
    }

    @Test func theMasterKeyTakesTheWholeStoreWithIt() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let running = try await store.replica()
            let recipient = try Recipient()
            let old = try await running.grant(.email, to: recipient)
            let before = try await replica.read { try await $0.keys("true", limit: 100) }
            let outcome = try await compromise(replica, "master")
            #expect(Set(outcome.compromised.map(\.record.version)) == Set(before.map(\.version)))
            #expect(outcome.made.count == before.count)
            let after = try await replica.read { try await $0.keys("is_active", limit: 100) }
            #expect(Set(after.map(\.version)).isDisjoint(with: before.map(\.version)))
            let macs = try await replica.pool.query("SELECT row_mac FROM catalog_fields")
            #expect(macs.count == 2)

            // A replica that held the old keys finds the new ones, and so does one that starts.
            for replica in [running, replica, try await store.replica()] {
                let new = try await replica.grant(.email, to: recipient)
                #expect(try recipient.open(new) != recipient.open(old))
                let hash = try await replica.grantAuditHashKey(to: recipient.grantRecipient)
                #expect(outcome.made.contains { $0.record.version == hash.version && $0.name == "audit-hash" })
                let forRewrap = try await replica.grant(
                    .email, version: old.record.version, for: .rewrap, to: recipient.grantRecipient, context: .test)
                #expect(try recipient.open(forRewrap) == recipient.open(old))
            }
            let master = try #require(try await running.keyObject(named: "master"))
            _ = try await running.rotate(master, called: "master", context: .test)
            _ = try await store.replica().grant(.note, to: recipient)
        }
    }

    /// The old integrity key is known: rows authenticated by it are noticed.
    @Test func rowsUnderTheOldIntegrityKeyDoNotPass() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            try await store.copy(to: "before")
            let outcome = try await compromise(replica, "store-integrity")
            #expect(outcome.made.map(\.name) == ["store-integrity"])
            _ = try await store.replica().grant(.email, to: try Recipient())
            try await store.administer { connection in
                try await connection.script(
                    """
                    UPDATE catalog_fields SET row_mac = (SELECT row_mac FROM before.catalog_fields b WHERE b.id = catalog_fields.id)
                    """)
            }
            #expect(await failure { _ = try await replica.catalog() }?.code == .dataLoss)
        }
    }

    @Test func theAuditHashKeyIsReplacedAlone() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let recipient = try Recipient()
            let old = try await replica.grantAuditHashKey(to: recipient.grantRecipient)
            let outcome = try await compromise(replica, "audit-hash")
            #expect(outcome.compromised.map(\.record.version) == [old.version] && outcome.affected.isEmpty)
            let new = try await replica.grantAuditHashKey(to: recipient.grantRecipient)
            #expect(new.version == outcome.made.first?.record.version)
        }
    }

    @Test func whatIsRemovedIsMarkedAndComesBackWithAKeyOfItsOwn() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let old = try await replica.ensureKeys(of: .note, context: .test)
            _ = try await replica.applyCatalog(Sample.declaration { $0.fields.remove(at: 1) }, context: .test)
            let outcome = try await compromise(replica, "users")
            #expect(outcome.compromised.contains { $0.record.version == old.version })
            #expect(!outcome.made.contains { $0.name == "users.note" })
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            #expect(try await replica.ensureKeys(of: .note, context: .test).version != old.version)
        }
    }

    @Test func aPlanChangesNothing() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let revision = try await replica.counts().revision
            let object = try #require(try await replica.keyObject(named: "users"))
            let (outcome, planned) = try await replica.planCompromise(
                of: object, version: nil, note: try #require(Self.note))
            #expect(outcome.compromised.count == 4 && outcome.affected.count == 3)
            #expect(outcome.made.map(\.name) == outcome.compromised.map(\.name))
            #expect(Set(outcome.made.map(\.record.state)) == [.active])
            #expect(planned == revision)
            #expect(try await replica.counts().revision == revision)
            #expect(
                await failure {
                    _ = try await replica.planCompromise(
                        of: object, version: .random(), note: try #require(Self.note))
                } == .unknownVersion)
        }
    }

    @Test func eachVersionIsAnEventAndTheWholeAnAlert() async throws {
        try await TestStore.with { store in
            let replica = try await prepared(store)
            let history = TestHistory()
            try await history.ship(replica.pool)
            let before = try await history.storeRevision()
            _ = try await compromise(replica, "users")
            try await history.ship(replica.pool)
            let events = try await history.changes(above: before, from: 0)
            #expect(
                events.map(\.operation) == Array(repeating: .compromiseKey, count: 4)
                    + Array(repeating: .createKey, count: 4))
            #expect(events.allSatisfy { $0.storeRevision == before + 1 && $0.keyVersion != 0 })
            let email = try #require(events.first { $0.object == "users.email" })
            #expect(email.table == "users" && email.field == "email" && email.actor == CallContext.test.actor.identity)
            let alert = try await replica.pool.query("SELECT kind, severity, object, text FROM alerts").single()
            #expect(try alert.value("kind") == "key-compromised")
            #expect(try alert.value("severity") == "critical")
            #expect(try alert.value("object") == "users")
            #expect(try alert.value("text", as: String.self).contains("a \"dump\" was found"))
        }
    }
}
