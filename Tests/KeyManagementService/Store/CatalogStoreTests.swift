import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct CatalogStoreTests {
    @Test func aDryRunChangesNothing() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let before = try await replica.catalog().revision
            let plan = try await replica.planCatalog(Sample.declaration())
            #expect(plan.plan.changes.count == 4)
            #expect(plan.revision == before)
            let (catalog, revision) = try await replica.catalog()
            #expect(catalog == Catalog())
            #expect(revision == before)
        }
    }

    @Test func whatIsAppliedIsReadBack() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let declaration = Sample.declaration {
                $0.fields[0].recordKeys = true
                $0.fields[0].subjectKeys = true
                $0.fields[0].lifecycle = FieldLifecycle(
                    rotationDays: 7, transitionDays: 3, isDual: true, backupRetentionDays: 0,
                    locations: ["archive.users.email", "s3:dump/users"])
                $0.fields[1].suite = .aes256SIV
                $0.fields[1].indexes = [
                    .init(name: "p", bits: 4_096, normaliser: .none, kind: .prefix(lengths: 1...64, hashes: 8)),
                    .init(name: "b", bits: 128, normaliser: .trim, kind: .pair(.email), beside: "email"),
                    .init(name: "t", bits: 64, normaliser: .trim, kind: .trigram(hashes: 1), acceptsLeakage: true),
                ]
            }
            let (plan, revision) = try await replica.applyCatalog(declaration, context: .test)
            let stored = try await replica.catalog()
            var expected = Catalog()
            expected.apply(plan)
            #expect(Set(stored.catalog.fields.map(\.id)) == Set(expected.fields.map(\.id)))
            #expect(stored.catalog.tables == expected.tables)
            #expect(stored.catalog.fields.first { $0.name == "email" } == expected.fields.first { $0.name == "email" })
            #expect(
                stored.catalog.indexes.sorted { $0.name < $1.name } == expected.indexes.sorted { $0.name < $1.name })
            #expect(stored.revision == revision)
            #expect(try await replica.planCatalog(declaration).plan.isEmpty)
        }
    }

    @Test func aRefusedDeclarationChangesNothing() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let before = try await replica.catalog()
            let error = await failure {
                let declaration = Sample.declaration {
                    $0.fields[1].sensitivity = .high
                    $0.fields[0].suite = .aes256SIV
                }
                _ = try await replica.applyCatalog(declaration, context: .test)
            }
            #expect(error?.code == .invalidArgument)
            let after = try await replica.catalog()
            #expect(after.catalog == before.catalog)
            #expect(after.revision == before.revision)
        }
    }

    @Test func anotherSuiteMakesANewVersionAndTheOldKeepsItsOwn() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].suite = .aes256GCM }, context: .test)
            let old = try await replica.grant(.email, to: recipient)
            _ = try await replica.applyCatalog(
                Sample.declaration {
                    $0.fields[0].suite = .xaes256GCMCommitting
                    $0.fields[0].rowBound = false
                }, context: .test)
            let new = try await replica.grant(.email, to: recipient)
            #expect(new.record.version != old.record.version)
            let message = new.message(ttlSeconds: 300)
            #expect(message.description?.suite == .xaes256GCMCommitting)
            #expect(message.description?.rowBound == false)
            let again = try await replica.grant(.email, version: old.record.version, to: recipient)
                .message(ttlSeconds: 300)
            #expect(again.description?.suite == .aes256GCM)
            #expect(again.description?.rowBound == true)
            #expect(again.description?.activeVersion == new.record.version.rawValue)
            #expect(again.key?.state == .transition)
        }
    }

    @Test func aRotationOfADualFieldNamesItsPartner() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].lifecycle.isDual = true }, context: .test)
            let old = try await replica.ensureKeys(of: .email, context: .test)
            #expect(old.partner == nil)
            _ = try await replica.rotate(old.object, called: "users.email", context: .test)
            let new = try #require(try await replica.activeVersions(.fek).first)
            #expect(new.partner == old.version)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let same = try #require(try await replica.activeVersions(.fek).first)
            #expect(same.version == new.version, "no new version for it")
            _ = try await replica.rotate(old.object, called: "users.email", context: .test)
            #expect(try await replica.activeVersions(.fek).map(\.partner) == [nil])
        }
    }

    @Test func keyColumnsOfBoundValuesStay() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            let error = await failure {
                _ = try await replica.applyCatalog(
                    Sample.declaration { $0.keyColumns = ["id", "tenant"] }, context: .test)
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func aRemovedFieldIsUnknownUntilItIsDeclaredAgain() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let before = try await replica.grant(.email, to: recipient)
            _ = try await replica.applyCatalog(Sample.declaration { $0.fields.removeFirst() }, context: .test)
            #expect(await failure { _ = try await replica.grant(.email, to: recipient) } == .unknownField)
            // Its table's key is rotated meanwhile; the removed field's key goes along.
            let table = try #require(try await replica.keyObject(named: "users"))
            _ = try await replica.rotate(table, called: "users", context: .test)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let after = try await replica.grant(.email, to: recipient)
            #expect(after.record.version == before.record.version)
            #expect(try recipient.open(after) == recipient.open(before))
            #expect(try recipient.openIndexKeys(after) == recipient.openIndexKeys(before))
        }
    }

    @Test func keysAreListedByName() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let email = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(email.object, called: "users.email", context: .test)
            let all = try await replica.keys(named: nil, kind: nil)
            #expect(
                all.map(\.name) == [
                    "audit-hash", "master", "users", "users.email", "users.email", "users.email/by_email",
                ])
            #expect(try await replica.keys(named: "users", kind: .fek).count == 2)
            #expect(try await replica.keys(named: "users.email", kind: nil).count == 3)
            #expect(try await replica.keys(named: "master", kind: nil).map(\.name) == ["master"])
            #expect(await failure { _ = try await replica.keys(named: "nobody", kind: nil) } == .unknownKey)
            let shown = try await replica.key(named: "users.email", version: nil)
            #expect(shown.key.record.isActive)
            #expect(shown.versions.map(\.record.rotationCount) == [1, 0])
            #expect(try await replica.key(named: "users.email", version: email.version).key.record.state == .transition)
        }
    }
}
