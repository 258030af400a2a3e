import FieldsealAlerts
import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// Seals that key management gives out, against a real database.
@Suite(.enabled(if: TestStore.isConfigured)) struct LeaseTests {
    @Test func whatIsGivenOutCountsAcrossReplicas() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store)
            let other = try await scene.anotherReplica()
            let version = try await scene.version()
            for _ in 0..<3 {
                #expect(try await scene.lease(10) == 10)
                #expect(try await scene.lease(5, on: other) == 5)
            }
            #expect(try await scene.record(version).leased == 45)
            let revision = try await scene.replica.counts().revision
            #expect(try await scene.record(version).revision == revision, "every lease is a revision of the store")
        }
    }

    @Test func racingReplicasGiveOutNoSealTwiceAndNoneOverTheLimit() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store, SealLimits(rotation: 1_000, refusal: 1_000), isPaused: true)
            let other = try await scene.anotherReplica()
            let version = try await scene.version()
            let granted = try await withThrowingTaskGroup(of: UInt32.self) { group in
                for number in 0..<80 {
                    group.addTask { try await scene.leaseOrNone(17, on: number % 2 == 0 ? scene.replica : other) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(granted.reduce(0, +) == 1_000)
            #expect(granted.filter { $0 == 0 }.count == 80 - 59)
            #expect(try await scene.record(version).leased == 1_000)
        }
    }

    @Test func aVersionThatComesToItsLimitIsRotatedAtOnce() async throws {
        try await TestStore.with { store in
            let limits = SealLimits(rotation: 100, refusal: 200, exhaustionSuite: nil)
            let scene = try await LeaseScene(store, limits)
            let first = try await scene.version()
            #expect(try await scene.lease(99) == 99)
            #expect(try await scene.version() == first)
            #expect(try await scene.lease(1) == 1)
            let second = try await scene.version()
            #expect(second != first)
            #expect(try await scene.record(first).state == .transition)
            #expect(await failure { _ = try await scene.lease(1, of: first) } == .notActive)
            #expect(try await scene.lease(50) == 50)
            #expect(try await scene.alerts() == ["warning users.note"])
        }
    }

    @Test func whileRotationsArePausedItGoesOnToTheLimitAndNoFurther() async throws {
        try await TestStore.with { store in
            let limits = SealLimits(rotation: 100, refusal: 200, exhaustionSuite: nil)
            let scene = try await LeaseScene(store, limits, isPaused: true)
            let version = try await scene.version()
            #expect(try await scene.lease(150) == 150)
            #expect(try await scene.lease(150) == 50)
            #expect(await failure { _ = try await scene.lease(1) } == .exhausted)
            #expect(try await scene.version() == version)
            #expect(try await scene.alerts() == ["critical users.note", "warning users.note"])
            // By hand it goes on.
            _ = try await scene.rotate()
            #expect(try await scene.lease(10) == 10)
        }
    }

    @Test func aVersionThatIsSpentTooSoonMovesItsFieldToExtendedNonces() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store, SealLimits(rotation: 100, refusal: 200))
            _ = try await scene.lease(100)
            let next = try await scene.record(try await scene.version())
            #expect(next.protection?.suite == .xaes256GCM && !next.countsSeals)
            #expect(try await scene.lease(1 << 20) == 1 << 20, "there is nothing to count")
            #expect(try await scene.record(next.version).leased == 0)
            let entry = try #require(try await scene.replica.read { try await $0.field(.note) })
            #expect(entry.field.protection.suite == .xaes256GCM)
            let events = try await scene.events().filter { $0.cause == "exhausted" }
            #expect(events.map(\.operation) == [.applyCatalog] && events.first?.field == "note")
            #expect(try await scene.alerts("suite-changed") == ["warning users.note"])
        }
    }

    @Test func aFieldThatTakesItsTimeStaysAsItIs() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store, SealLimits(rotation: 100, refusal: 200))
            _ = try await scene.lease(99)
            scene.clock.advance(seconds: 8 * 86_400)
            _ = try await scene.lease(1)
            #expect(try await scene.record(try await scene.version()).protection?.suite == .aes256GCM)
        }
    }

    @Test func aSpentVersionIsNotMadeActiveAgain() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store, SealLimits(rotation: 100, refusal: 200, exhaustionSuite: nil))
            _ = try await scene.lease(100)
            let active = try await scene.version()
            let undone = await failure {
                _ = try await scene.replica.rollBackRotation(of: "users.note", dryRun: false, context: .test)
            }
            #expect(undone == .exhausted)
            #expect(try await scene.version() == active)
        }
    }

    @Test func afterARestoreWhatWasGivenOutCountsAsEverything() async throws {
        try await TestStore.with { store in
            let history = TestHistory()
            let scene = try await LeaseScene(store, history: history)
            _ = try await scene.lease(10)
            let version = try await scene.version()
            try await store.copy(to: "backup")
            _ = try await scene.lease(10)
            try await history.ship(scene.replica.pool)
            try await store.restore("backup")
            let restored = try await scene.anotherReplica(history)
            let revision = try await restored.counts().revision
            _ = try await restored.acceptRestore(revision: revision, dryRun: false, context: .test)
            let record = try await restored.read { try await $0.key("version = \(version.column)") }
            #expect(record?.state == .transition && record?.leased == 1 << 32)
            let undone = await failure {
                _ = try await restored.rollBackRotation(of: "users.note", dryRun: false, context: .test)
            }
            #expect(undone == .exhausted)
        }
    }

    @Test(arguments: [
        "UPDATE encryption_keys SET leased = leased - 1 WHERE leased > 0",
        "UPDATE encryption_keys SET leased = 0 WHERE leased > 0",
        """
        UPDATE encryption_keys key SET leased = old.leased, revision = old.revision, row_mac = old.row_mac
        FROM old WHERE key.id = old.id
        """,
    ])
    func aCountThatWasLoweredIsNoticed(edit: String) async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store)
            let version = try await scene.version()
            _ = try await scene.lease(10)
            let pool = scene.replica.pool
            try await pool.withConnection {
                try await $0.script("CREATE TABLE old AS SELECT * FROM encryption_keys WHERE leased > 0")
            }
            _ = try await scene.lease(10)
            try await pool.withConnection { try await $0.script(edit) }
            #expect(await failure { _ = try await scene.lease(10, of: version) }?.code == .dataLoss)
            let late = try store.sealedReplica()
            let noticed = await failure {
                try await late.unseal()
                _ = try await scene.lease(10, of: version, on: late)
            }
            #expect(noticed?.code == .dataLoss, "also by a replica that knew nothing")
        }
    }

    @Test func onlyLiveActiveVersionsOfTheNamedFieldAreLeased() async throws {
        try await TestStore.with { store in
            let scene = try await LeaseScene(store)
            let note = try await scene.version()
            let email = try await scene.replica.ensureKeys(of: .email, context: .test).version
            let results = try await scene.replica.lease(
                [
                    LeaseItem(field: .note, version: note, count: 5), LeaseItem(field: .note, version: email, count: 5),
                    LeaseItem(field: .email, version: .random(), count: 5),
                    LeaseItem(field: .note, version: note, count: 7),
                ], context: .test)
            #expect(results == [.success(5), .failure(.notActive), .failure(.notActive), .success(7)])
            #expect(try await scene.record(note).leased == 12, "of one transaction")
            let events = try await scene.events().filter { $0.operation == .lease }
            #expect(events.map(\.count) == [12] && events.first?.keyVersion == note.rawValue)
        }
    }
}
