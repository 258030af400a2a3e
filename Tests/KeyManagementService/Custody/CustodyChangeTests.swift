import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct CustodyChangeTests {
    @Test func aStoreMovesFromOneCustodianToAnotherWhileGrantsOpen() async throws {
        try await TestStore.with { store in
            let (old, new) = (TestCustody("old"), TestCustody("new"))
            let replica = try await store.replica(custodians: Custodians([old.custodian]))
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await replica.grant(.email, to: recipient))
            let object = try #require(try await replica.keyObject(named: "master"))
            _ = try await replica.rotate(object, called: "master", context: .test)

            // One replica is restarted with both; the other does not know the new one.
            let both = try await store.replica(custodians: Custodians([old.custodian, new.custodian]))
            try await both.addCustodian("new", isDryRun: true, context: .test)
            #expect(try await both.showMaster().custodians.map { $0.wrap != nil } == [true, false])
            try await both.addCustodian("new", isDryRun: false, context: .test)
            #expect(try await both.showMaster().custodians.map { $0.wrap != nil } == [true, true])
            #expect(
                await failure { try await both.addCustodian("new", isDryRun: false, context: .test) } == .holdsAlready)
            let seen = try await replica.showMaster().custodians
            #expect(seen.map(\.name) == ["old", "new"] && seen.map { $0.configured != nil } == [true, false])
            let masters = try await both.read { try await $0.masters(of: object.id) }
            #expect(masters.map { $0.record.custodians } == [["new", "old"], ["new", "old"]], "older versions, too")
            for each in [replica, both] {
                #expect(try recipient.open(try await each.grant(.email, to: recipient)) == key)
            }

            try await both.removeCustodian("old", isDryRun: true, context: .test)
            try await both.removeCustodian("old", isDryRun: false, context: .test)
            for each in [replica, both] {
                #expect(try recipient.open(try await each.grant(.email, to: recipient)) == key)
            }
            let alone = try await store.replica(custodians: Custodians([new.custodian]))
            #expect(try recipient.open(try await alone.grant(.email, to: recipient)) == key)
            let former = try store.sealedReplica(custodians: Custodians([old.custodian]))
            await #expect(throws: MasterKeyError.self) { try await former.unseal() }
            let events = try await replica.pool.query("SELECT count(*) AS count FROM audit_outbox").single()
            #expect(try events.value("count", as: Int.self) > 0)
        }
    }

    @Test func theLastThatHoldsOrWouldOpenIsNotRemoved() async throws {
        try await TestStore.with { store in
            let (first, second) = (TestCustody("first"), TestCustody("second"))
            let custodians = Custodians([first.custodian, second.custodian])
            let replica = try await store.replica(custodians: custodians)
            #expect(
                await failure { try await replica.removeCustodian("third", isDryRun: false, context: .test) }
                    == .unknownCustodian)
            for state in [TestCustody.State.unavailable, .refusing, .lying] {
                second.state = state
                #expect(
                    await failure { try await replica.removeCustodian("first", isDryRun: false, context: .test) }
                        == .remainingFail)
            }
            second.state = .good
            first.state = .unavailable
            try await replica.removeCustodian("first", isDryRun: false, context: .test)
            for isDryRun in [true, false] {
                #expect(
                    await failure { try await replica.removeCustodian("second", isDryRun: isDryRun, context: .test) }
                        == .lastCustodian)
            }
            #expect(try await replica.showMaster().master.record.custodians == ["second"])
        }
    }

    @Test func aCustodianThatCannotOpenWhatItWrapsIsNotAdded() async throws {
        try await TestStore.with { store in
            let (first, second) = (TestCustody("first"), TestCustody("second"))
            _ = try await store.replica(custodians: Custodians([first.custodian]))
            let replica = try await store.replica(custodians: Custodians([first.custodian, second.custodian]))
            for state in [TestCustody.State.unavailable, .refusing, .lying] {
                second.state = state
                for isDryRun in [true, false] {
                    #expect(
                        await failure { try await replica.addCustodian("second", isDryRun: isDryRun, context: .test) }?
                            .code == .unavailable)
                }
            }
            #expect(
                await failure { try await replica.addCustodian("nobody", isDryRun: false, context: .test) }
                    == .unknownCustodian)
            #expect(try await replica.showMaster().master.record.custodians == ["first"])
        }
    }

    @Test func anAddingThatRacesARotationLeavesNoVersionOut() async throws {
        try await TestStore.with { store in
            let (first, second) = (TestCustody("first"), TestCustody("second"))
            _ = try await store.replica(custodians: Custodians([first.custodian]))
            let replicas = [
                try await store.replica(custodians: Custodians([first.custodian, second.custodian])),
                try await store.replica(custodians: Custodians([first.custodian, second.custodian])),
            ]
            let object = try #require(try await replicas[0].keyObject(named: "master"))
            try await withThrowingTaskGroup { group in
                for number in 0..<6 {
                    group.addTask {
                        _ = await failure {
                            _ = try await replicas[number % 2].rotate(object, called: "master", context: .test)
                        }
                    }
                }
                group.addTask {
                    while await failure({
                        try await replicas[1].addCustodian("second", isDryRun: false, context: .test)
                    }) == .conflict {}
                }
                try await group.waitForAll()
            }
            let masters = try await replicas[0].read { try await $0.masters(of: object.id) }
            #expect(masters.count > 1)
            #expect(masters.allSatisfy { $0.record.custodians == ["first", "second"] })
            _ = try await store.replica(custodians: Custodians([second.custodian]))
        }
    }
}
