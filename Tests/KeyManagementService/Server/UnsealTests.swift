import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import Synchronization
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct UnsealTests {
    private static let admin = "spiffe://fieldseal.local/operator/admin"

    @Test func twoOperatorsOpenASealedServiceWithTheirShares() async throws {
        try await TestStore.with { store in
            let shares = try await makeShares(store)
            try await TestServer.with(store, unsealed: false, custodians: people()) { server in
                let shown: Proto.UnsealResponse = try await server.call(
                    "ShowUnseal", Proto.ShowUnsealRequest(), as: "operator")
                #expect(shown.sealed && shown.threshold == 2 && shown.given == 0)
                #expect(shown.setID == shares[0].set.id.bytes)
                for method in ["ShowMaster", "RunDrill", "GetCatalog"] {
                    #expect(
                        try await server.status(method, Proto.ShowMasterRequest(), as: "operator")?.code == .unavailable
                    )
                }
                let first = try await give(shares[2], as: "operator", shown, server)
                #expect(first.sealed && first.given == 1)
                let again = try await give(shares[2], as: "operator", shown, server)
                #expect(again.given == 1, "the same share twice")
                let second = try await give(shares[0], as: "auditor", shown, server)
                #expect(!second.sealed && second.given == 0)
                let catalog: Proto.GetCatalogResponse = try await server.call(
                    "GetCatalog", Proto.GetCatalogRequest(), as: "operator")
                #expect(catalog.tables.map(\.name) == ["users"])
                #expect(!(try await give(shares[1], as: "operator", shown, server).sealed))
                let events = try await server.events { $0.filter { $0.operation == .unseal }.count >= 4 }
                    .filter { $0.operation == .unseal && $0.outcome == 0 }
                #expect(events.prefix(3).allSatisfy { $0.object == "people" })
                #expect(Set(events.map(\.actor)).count == 2)
            }
        }
    }

    @Test func aWrongCombinationIsForgotten() async throws {
        try await TestStore.with { store in
            let shares = try await makeShares(store)
            // Another set that claims to be this one.
            let forged = try UnsealKey(set: shares[0].set, key: .init(.random(count: 32))).split()
            try await TestServer.with(store, unsealed: false, custodians: people()) { server in
                let shown: Proto.UnsealResponse = try await server.call(
                    "ShowUnseal", Proto.ShowUnsealRequest(), as: "operator")
                _ = try await give(shares[0], as: "operator", shown, server)
                await #expect(throws: RPCStatus(.invalidArgument, ShareError.wrongCombination.description)) {
                    _ = try await give(forged[1], as: "operator", shown, server)
                }
                let after: Proto.UnsealResponse = try await server.call(
                    "ShowUnseal", Proto.ShowUnsealRequest(), as: "operator")
                #expect(after.sealed && after.given == 0)
                // Not sealed to this process, of another set, or nothing at all.
                let stranger = Proto.UnsealResponse(recipient: try KeyAgreementKeyPair().publicKey)
                await #expect(throws: RPCStatus(.invalidArgument, ShareError.notSealed.description)) {
                    _ = try await give(shares[0], as: "operator", stranger, server)
                }
                let other = try #require(ShareSet(id: .random(), threshold: 2, count: 3))
                let foreign = try UnsealKey(set: other, key: .init(.random(count: 32))).split()
                await #expect(throws: KeyServiceError.foreignShare.status) {
                    _ = try await give(foreign[0], as: "operator", shown, server)
                }
                for length in [0, 47, 48, 104, 5_000] {
                    let junk = Proto.UnsealRequest(sealedShare: Array(repeating: 9, count: length))
                    #expect(try await server.status("Unseal", junk, as: "operator")?.code == .invalidArgument)
                }
                let causes = ["share-combination", "share-unsealed", "share-set"]
                let events = try await server.events { events in
                    causes.allSatisfy { cause in events.contains { $0.cause == cause } }
                }
                #expect(events.filter { causes.contains($0.cause) }.allSatisfy { $0.operation == .unseal })
                for share in shares[1...2] { _ = try await give(share, as: "operator", shown, server) }
                #expect(!server.authority.isSealed)
            }
        }
    }

    @Test func sharesAreForgottenInTimeAndGivenAtABoundedRate() async throws {
        try await TestStore.with { store in
            let shares = try await makeShares(store)
            let now = Mutex(Int64(1_800_000_000_000_000))
            try await TestServer.with(
                store, unsealed: false, custodians: people(), clock: { now.withLock { $0 } }
            ) { server in
                let shown: Proto.UnsealResponse = try await server.call(
                    "ShowUnseal", Proto.ShowUnsealRequest(), as: "operator")
                _ = try await give(shares[0], as: "operator", shown, server)
                now.withLock { $0 += ShareCollection.lifetimeMicroseconds - 1 }
                #expect(try await give(shares[0], as: "operator", shown, server).given == 1, "given anew")
                now.withLock { $0 += ShareCollection.lifetimeMicroseconds }
                let late = try await give(shares[1], as: "operator", shown, server)
                #expect(late.sealed && late.given == 1)
                var codes: [RPCCode?] = []
                for _ in 0..<25 {
                    codes.append(
                        try await server.status("Unseal", Proto.UnsealRequest(sealedShare: [1]), as: "operator")?.code)
                }
                #expect(codes.first == .invalidArgument && codes.last == .resourceExhausted)
            }
        }
    }

    @Test func whoHasNoRightGivesNoShare() async throws {
        try await TestStore.with { store in
            _ = try await makeShares(store)
            try await TestServer.with(store, unsealed: false, custodians: people()) { server in
                for method in ["Unseal", "ShowUnseal", "MakeShares", "AddCustodian", "RemoveCustodian", "RunDrill"] {
                    let status = try await server.status(method, Proto.ShowUnsealRequest(), as: "backend")
                    #expect(status?.code == .permissionDenied, "\(method)")
                }
            }
        }
    }

    @Test func custodyIsManagedOverTheWire() async throws {
        try await TestStore.with { store in
            let custodians = Custodians([
                Custodian(name: "memory", provider: store.provider),
                Custodian(name: "second", provider: try MemoryProvider()),
                people().list[0],
            ])
            _ = try await store.replica()
            try await TestServer.with(store, custodians: custodians) { server in
                let pair = try KeyAgreementKeyPair()
                let shown: Proto.ShowMasterResponse = try await server.call(
                    "ShowMaster", Proto.ShowMasterRequest(), as: "operator")
                #expect(shown.key?.state == .active && shown.key?.name == "master")
                #expect(shown.custodians.map(\.holds) == [true, false, false])
                #expect(shown.custodians.map(\.provider) == ["memory", "memory", "shares"])
                #expect(shown.custodians[0].key == "in memory")
                let added: Proto.ShowMasterResponse = try await server.call(
                    "AddCustodian", Proto.CustodianRequest(name: "second"), as: "operator")
                #expect(added.custodians.map(\.holds) == [true, true, false])
                #expect(
                    try await server.status("AddCustodian", Proto.CustodianRequest(name: "people"), as: "operator")?
                        .code == .failedPrecondition)
                for (threshold, shares) in [(1, 3), (4, 3), (2, 17), (2, 4_000_000_000)] as [(UInt32, UInt32)] {
                    let request = Proto.MakeSharesRequest(
                        name: "people", threshold: threshold, shares: shares, recipient: pair.publicKey)
                    #expect(try await server.status("MakeShares", request, as: "operator")?.code == .invalidArgument)
                }
                let made: Proto.MakeSharesResponse = try await server.call(
                    "MakeShares",
                    Proto.MakeSharesRequest(name: "people", threshold: 2, shares: 3, recipient: pair.publicKey),
                    as: "operator")
                #expect(made.sealedShares.count == 3)
                let removed: Proto.ShowMasterResponse = try await server.call(
                    "RemoveCustodian", Proto.CustodianRequest(name: "memory"), as: "operator")
                #expect(removed.custodians.map(\.holds) == [false, true, true])
                let drilled: Proto.RunDrillResponse = try await server.call(
                    "RunDrill", Proto.RunDrillRequest(), as: "operator")
                #expect(drilled.custodians.filter(\.holds).map(\.drillPassed) == [true, true])
                let rows = try await server.authority.pool.query("SELECT count(*) AS count FROM audit_outbox").single()
                #expect(try rows.value("count", as: Int.self) >= 6)
            }
        }
    }

    /// New versions of the master key are wrapped for the shares without the people; new shares end the old ones.
    @Test func sharesOutliveRotationsAndEndWithNewOnes() async throws {
        try await TestStore.with { store in
            let old = try await makeShares(store)
            let both = Custodians([Custodian(name: "memory", provider: store.provider), people().list[0]])
            let replica = try await store.replica(custodians: both)
            let object = try #require(try await replica.keyObject(named: "master"))
            _ = try await replica.rotate(object, called: "master", context: .test)
            let sealed = try store.sealedReplica(custodians: people())
            for share in old[...1] { _ = try await sealed.give(share) }
            #expect(!sealed.isSealed)

            let new = try await makeShares(store)
            let next = try store.sealedReplica(custodians: people())
            #expect(await failure { _ = try await next.give(old[0]) } == .foreignShare)
            for share in new[1...] { _ = try await next.give(share) }
            #expect(!next.isSealed)
            let unsealKeys = try await replica.read { try await $0.keys("key_type = 'unseal'", limit: 9) }
            #expect(unsealKeys.map(\.state).filter { $0 == .active }.count == 1)
            #expect(unsealKeys.filter { $0.state == .destroyed }.allSatisfy { $0.encryptedKey.isEmpty })

            try await replica.removeCustodian("people", isDryRun: false, context: .test)
            let last = try store.sealedReplica(custodians: people())
            #expect(await failure { _ = try await last.give(new[0]) } == .foreignShare)
        }
    }

    @Test func aCompromiseOfTheMasterKeyEndsTheShares() async throws {
        try await TestStore.with { store in
            let old = try await makeShares(store)
            let both = Custodians([Custodian(name: "memory", provider: store.provider), people().list[0]])
            let replica = try await store.replica(custodians: both)
            let object = try #require(try await replica.keyObject(named: "master"))
            let note = try #require(CompromiseNote(reason: "lost", suspectedSinceUnixMs: nil))
            _ = try await replica.compromise(object, called: "master", version: nil, note: note, context: .test)
            #expect(try await replica.showMaster().master.record.custodians == ["memory"])
            let sealed = try store.sealedReplica(custodians: people())
            #expect(await failure { _ = try await sealed.give(old[0]) } == .foreignShare)
            let new = try await makeShares(store)
            for share in new[...1] { _ = try await sealed.give(share) }
            #expect(!sealed.isSealed)
            _ = try await replica.rotate(object, called: "master", context: .test)
        }
    }

    @Test func sharesAreNotTheOnlyCustodianWhenTheyAreMadeAnew() async throws {
        try await TestStore.with { store in
            _ = try await makeShares(store)
            let both = Custodians([Custodian(name: "memory", provider: store.provider), people().list[0]])
            let replica = try await store.replica(custodians: both)
            try await replica.removeCustodian("memory", isDryRun: false, context: .test)
            let recipient = try Recipient().grantRecipient
            #expect(
                await failure {
                    _ = try await replica.makeShares("people", threshold: 2, count: 3, to: recipient, context: .test)
                } == .lastCustodian)
            let stranger = Custodians([people().list[0]])
            #expect(await failure { try await store.sealedReplica(custodians: stranger).unseal() } != nil)
        }
    }

    private func people() -> Custodians {
        Custodians([Custodian(name: "people", provider: SharesProvider())])
    }

    /// A store with one table, whose master key two of three shares open, besides the memory's provider.
    private func makeShares(_ store: TestStore) async throws -> [Share] {
        let both = Custodians([Custodian(name: "memory", provider: store.provider), people().list[0]])
        let replica = try await store.replica(custodians: both)
        _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
        let pair = try KeyAgreementKeyPair()
        let (set, sealed) = try await replica.makeShares(
            "people", threshold: 2, count: 3, to: GrantRecipient(publicKey: pair.publicKey, identity: Self.admin),
            context: .test)
        let shares = try sealed.map { try Share(sealed: $0, pair: pair, identity: Self.admin, way: .made) }
        #expect(shares.allSatisfy { $0.set == set } && shares.map(\.index) == [1, 2, 3])
        return shares
    }

    private func give(
        _ share: Share, as name: String, _ shown: Proto.UnsealResponse, _ server: TestServer
    ) async throws -> Proto.UnsealResponse {
        let sealed = try share.sealed(to: shown.recipient, identity: TestServer.identity, way: .given)
        return try await server.call("Unseal", Proto.UnsealRequest(sealedShare: sealed), as: name)
    }
}
