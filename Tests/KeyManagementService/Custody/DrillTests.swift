import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Synchronization
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct DrillTests {
    private static let day: Int64 = 86_400_000_000

    @Test func aDrillThatPassesIsKeptAndRecorded() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: try Custodians(names: "a", "b"))
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .email, context: .test)
            #expect(try await replica.drill(context: .test) == ["a": .passed, "b": .passed])
            let custodians = try await replica.showMaster().custodians
            #expect(custodians.allSatisfy { $0.message.drillPassed && $0.message.drilledUnixMs > 0 })
            #expect(try await alerts(replica).isEmpty)
            _ = try await store.replica(custodians: replica.custodians)
        }
    }

    @Test func aDrillThatFailsAlertsAndSaysWhy() async throws {
        try await TestStore.with { store in
            let (good, bad) = (TestCustody("good"), TestCustody("bad"))
            let replica = try await store.replica(custodians: Custodians([good.custodian, bad.custodian]))
            for (state, outcome) in [
                (TestCustody.State.unavailable, DrillOutcome.unavailable), (.refusing, .refused), (.lying, .wrongKey),
            ] {
                bad.state = state
                #expect(try await replica.drill(context: .test) == ["good": .passed, "bad": outcome])
                let shown = try #require(try await replica.showMaster().custodians.last?.message)
                #expect(!shown.drillPassed && shown.drillCause == outcome.rawValue && shown.drilledUnixMs > 0)
            }
            // Equal alerts fold into one.
            #expect(try await alerts(replica) == ["drill-failed bad"])
            #expect(
                await failure { try await replica.drill(["nobody"], context: .test) } == .unknownCustodian)
            let lone = try await store.replica(custodians: Custodians([good.custodian]))
            #expect(try await lone.drill(["bad"], context: .test) == ["bad": .notConfigured])
        }
    }

    /// The database's administrator took a key below the master key away.
    @Test func theCanaryIsOpened() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: try Custodians(names: "a"))
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let email = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.change { writer in
                var broken = try #require(try await writer.reader.activeKey(email.object))
                broken.keyHash = [UInt8](repeating: 7, count: 32)
                _ = try await writer.update(broken)
            }
            #expect(try await replica.drill(context: .test) == ["a": .canary])
        }
    }

    @Test func drillsComeWhenTheyAreDueAndOnce() async throws {
        try await TestStore.with { store in
            let now = Mutex(Int64(1_800_000_000_000_000))
            let custody = [TestCustody("a"), TestCustody("b")]
            let custodians = Custodians(custody.map(\.custodian))
            var watches: [CustodyWatch] = []
            var replicas: [KeyAuthority] = []
            for _ in 0..<2 {
                let replica = try store.sealedReplica(custodians: custodians, clock: { now.withLock { $0 } })
                let watch = CustodyWatch(authority: replica, drillDays: 30)
                await watch.tick()
                try await replica.unseal()
                replicas.append(replica)
                watches.append(watch)
            }
            func drills() async throws -> [Int64] {
                try await replicas[0].showMaster().custodians.map { $0.wrap?.drill?.unixUs ?? 0 }
            }
            for watch in watches { await watch.tick() }
            #expect(try await drills() == [0, 0], "adding them was a drill")
            now.withLock { $0 += 30 * Self.day }
            let due = now.withLock { $0 }
            let before = try await replicas[0].catalog().revision
            await withTaskGroup { group in
                for watch in watches + watches { group.addTask { await watch.tick() } }
            }
            #expect(try await drills() == [due, due])
            #expect(try await replicas[0].catalog().revision == before + 1, "one replica drills")

            custody[1].state = .refusing
            now.withLock { $0 += 30 * Self.day }
            let failed = now.withLock { $0 }
            await watches[1].tick()
            now.withLock { $0 += 3 * 3_600_000_000 }
            await watches[1].tick()
            #expect(try await drills() == [failed, failed])
            custody[1].state = .good
            now.withLock { $0 += 3 * 3_600_000_000 }
            await watches[0].tick()
            #expect(try await drills() == [failed, failed + 6 * 3_600_000_000], "what failed is tried again soon")
        }
    }

    @Test func whoIsAwayIsToldOnce() async throws {
        try await TestStore.with { store in
            let now = Mutex(Int64(1_800_000_000_000_000))
            let (good, away) = (TestCustody("good"), TestCustody("away"))
            let replica = try store.sealedReplica(
                custodians: Custodians([good.custodian, away.custodian]), clock: { now.withLock { $0 } })
            try await replica.unseal()
            let watch = CustodyWatch(authority: replica, drillDays: 30)
            away.state = .unavailable
            await watch.tick()
            #expect(try await alerts(replica) == ["provider-unreachable away"], "at the start")
            for _ in 0..<3 {
                now.withLock { $0 += CustodyWatch.probeMicroseconds }
                await watch.tick()
            }
            #expect(try await alerts(replica).count == 1)
            away.state = .good
            now.withLock { $0 += CustodyWatch.probeMicroseconds }
            await watch.tick()
            away.state = .unavailable
            now.withLock { $0 += CustodyWatch.probeMicroseconds }
            await watch.tick()
            #expect(try await alerts(replica).count == 2, "while running")
        }
    }

    private func alerts(_ replica: KeyAuthority) async throws -> [String] {
        try await replica.pool.query("SELECT kind || ' ' || object AS alert FROM alerts ORDER BY position").map {
            try $0.value("alert")
        }
    }
}
