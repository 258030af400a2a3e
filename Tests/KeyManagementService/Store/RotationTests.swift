import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct RotationTests {
    @Test func aFieldGetsANewKeyAndKeepsTheOldForReading() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let before = try await replica.grant(.email, to: recipient)
            let rotated = try await replica.rotate(before.record.object, called: "users.email", context: .test)
            let after = try await replica.grant(.email, to: recipient)
            #expect(after.record.version == rotated.version)
            #expect(after.activeVersion == rotated.version)
            #expect(try recipient.open(after) != recipient.open(before))
            #expect(try recipient.openIndexKeys(after) == recipient.openIndexKeys(before), "an index outlives it")
            let old = try await replica.grant(.email, version: before.record.version, to: recipient)
            #expect(old.record.state == .transition)
            #expect(old.activeVersion == rotated.version)
            #expect(try recipient.open(old) == recipient.open(before))
        }
    }

    @Test(arguments: ["users", "master"])
    func aParentIsRotatedWithoutTouchingWhatItWraps(name: String) async throws {
        try await TestStore.with { store in
            let replicas = [try await store.replica(), try await store.replica()]
            let recipient = try Recipient()
            _ = try await replicas[0].applyCatalog(Sample.declaration(), context: .test)
            let before = try await replicas[0].grant(.email, to: recipient)
            let object = try #require(try await replicas[0].keyObject(named: name))
            let old = try #require(try await replicas[0].read { try await $0.activeKey(object) })
            for _ in 0..<2 { _ = try await replicas[0].rotate(object, called: name, context: .test) }

            // The other replica held the old master key in memory.
            for replica in replicas.reversed() {
                let after = try await replica.grant(.email, to: recipient)
                #expect(after.record.version == before.record.version)
                #expect(try recipient.open(after) == recipient.open(before))
                #expect(try recipient.openIndexKeys(after) == recipient.openIndexKeys(before))
            }
            let stillUnderOld = try await replicas[0].pool.query(
                "SELECT FROM encryption_keys WHERE parent_version = \(old.version.column)")
            #expect(stillUnderOld.isEmpty)
            _ = try await store.replica().grant(.note, to: recipient)
        }
    }

    @Test func whatIsNotRotatedAloneIsRefused() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            for name in ["audit-hash", "users.email/by_email"] {
                let object = try #require(try await replica.keyObject(named: name))
                #expect(
                    await failure { _ = try await replica.rotate(object, called: name, context: .test) }
                        == .notRotatable)
            }
            let note = try #require(try await replica.keyObject(named: "users.note"))
            #expect(await failure { _ = try await replica.rotate(note, called: "", context: .test) } == .noKeyYet)
        }
    }

    @Test func datesFollowTheSchedule() async throws {
        try await TestStore.with { store in
            let now: Int64 = 1_800_000_000_000_000
            let replica = try store.sealedReplica(clock: { now })
            try await replica.unseal()
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[1].suite = .aes256SIV }, context: .test)
            let email = try await replica.ensureKeys(of: .email, context: .test)
            let deterministic = try await replica.ensureKeys(of: .note, context: .test)
            let day: Int64 = 86_400_000_000
            #expect(email.expiresUnixUs == now + 30 * day)
            #expect(deterministic.expiresUnixUs == nil, "equality ends with a rotation")
            #expect(try await replica.activeVersions(.dek).map(\.expiresUnixUs) == [now + 90 * day])
            #expect(try await replica.activeVersions(.master).map(\.expiresUnixUs) == [now + 365 * day])
            #expect(try await replica.activeVersions(.index).map(\.expiresUnixUs) == [nil])
        }
    }

    @Test func onlyGrantedStatesAreGiven() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let first = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            for (event, state) in [
                (KeyState.Event.windowClosed, KeyState.retired), (.compromised, .compromised), (.destroyed, .destroyed),
            ] {
                _ = try await replica.change { writer in
                    let record = try #require(try await writer.reader.key(first.object, version: first.version))
                    _ = try await writer.update(try #require(record.after(event, atUnixUs: writer.nowUnixUs)))
                }
                let error = await failure { _ = try await replica.grant(.email, version: first.version, to: recipient) }
                #expect(error == .notGranted(state))
                #expect(error?.code == .failedPrecondition)
            }
            let tombstone = try #require(
                try await replica.read { try await $0.key(first.object, version: first.version) })
            #expect(tombstone.encryptedKey.isEmpty)
            #expect(tombstone.compromisedUnixUs != nil, "the mark outlives destruction")
            let unknown = await failure { _ = try await replica.grant(.email, version: .random(), to: recipient) }
            #expect(unknown == .unknownVersion)
        }
    }

    @Test func aDestroyedVersionDoesNotStopItsParentsRotation() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let first = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            for event in [KeyState.Event.windowClosed, .destroyed] {
                _ = try await replica.change { writer in
                    let record = try #require(try await writer.reader.key(first.object, version: first.version))
                    _ = try await writer.update(try #require(record.after(event, atUnixUs: writer.nowUnixUs)))
                }
            }
            let table = try #require(try await replica.keyObject(named: "users"))
            _ = try await replica.rotate(table, called: "users", context: .test)
            _ = try await replica.grant(.email, to: try Recipient())
        }
    }
}
