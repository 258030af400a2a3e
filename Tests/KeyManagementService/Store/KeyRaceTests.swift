import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct KeyRaceTests {
    @Test func racingReplicasMakeOneActiveKeyAField() async throws {
        try await TestStore.with { store in
            let replicas = [try await store.replica(), try await store.replica()]
            _ = try await replicas[0].applyCatalog(Sample.declaration(), context: .test)
            let references = try await withThrowingTaskGroup(of: (FieldName, KeyVersion).self) { group in
                for number in 0..<400 {
                    let field = number % 4 < 2 ? FieldName.email : .note
                    group.addTask {
                        (field, try await replicas[number % 2].ensureKeys(of: field, context: .test).version)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for field in [FieldName.email, .note] {
                #expect(Set(references.filter { $0.0 == field }.map(\.1)).count == 1)
            }
            let rows = try await replicas[0].pool.query("SELECT key_type FROM encryption_keys")
            let kinds = try rows.map { try $0.value("key_type", as: String.self) }
            #expect(kinds.filter { $0 == "fek" }.count == 2)
            #expect(kinds.filter { $0 == "dek" }.count == 1)
            #expect(kinds.filter { $0 == "index" }.count == 1)
        }
    }

    @Test func racingRotationsLeaveOneActiveVersionAndLoseNone() async throws {
        try await TestStore.with { store in
            let replicas = [try await store.replica(), try await store.replica()]
            _ = try await replicas[0].applyCatalog(Sample.declaration(), context: .test)
            _ = try await replicas[0].ensureKeys(of: .email, context: .test)
            let field = try #require(try await replicas[0].keyObject(named: "users.email"))
            let table = try #require(try await replicas[0].keyObject(named: "users"))
            let master = try #require(try await replicas[0].keyObject(named: "master"))
            try await withThrowingTaskGroup { group in
                for number in 0..<40 {
                    let object = [master, table, field, field][number / 2 % 4]
                    group.addTask { _ = try await replicas[number % 2].rotate(object, called: "users", context: .test) }
                    group.addTask { _ = try await replicas[number % 2].ensureKeys(of: .email, context: .test) }
                }
                try await group.waitForAll()
            }
            let recipient = try Recipient()
            for (object, count) in [(field, 21), (table, 11), (master, 11)] {
                let versions = try await replicas[0].read { try await $0.versions(of: object, limit: 100) }
                #expect(versions.map { Int($0.rotationCount) } == Array((0..<count).reversed()))
                #expect(versions.map(\.state) == [.active] + Array(repeating: .transition, count: count - 1))
                guard object == field else { continue }
                for version in versions {
                    let grant = try await replicas[1].grant(.email, version: version.version, to: recipient)
                    _ = try recipient.open(grant)
                }
            }
        }
    }

    @Test func theDatabaseItselfRefusesASecondActiveVersion() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let active = try await replica.ensureKeys(of: .email, context: .test)
            let error = await failure {
                _ = try await replica.change { writer in
                    var second = active
                    second.identity = KeyIdentity(
                        kind: .fek, row: .random(), object: active.object.id, version: .random(),
                        parent: active.identity.parent)
                    second.rotationCount = 1
                    _ = try await writer.insert(second)
                }
            }
            #expect(error?.code == .aborted)
        }
    }

    @Test func aRowChangedMeanwhileIsNotOverwritten() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let stale = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(stale.object, called: "users.email", context: .test)
            let error = await failure {
                _ = try await replica.change { try await $0.supersede(stale) }
            }
            #expect(error == .conflict)
        }
    }
}
