import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import Testing

@testable import KeyManagementService

/// A new master key without the wrap of a custodian that is away, on an administrator's word.
@Suite(.enabled(if: TestStore.isConfigured)) struct LeftOutCustodianTests {
    private let first = TestCustody("first")
    private let second = TestCustody("second")
    private var both: Custodians { Custodians([first.custodian, second.custodian]) }

    @Test func aRotationGoesOnWithoutIt() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: both)
            let master = try #require(try await replica.keyObject(named: "master"))
            let old = try #require(try await replica.read { try await $0.activeKey(master) })
            second.state = .unavailable
            let stopped = await failure { _ = try await replica.rotate(master, called: "master", context: .test) }
            #expect(stopped?.code == .unavailable && stopped?.message.contains("custodian second") == true)

            let planned = try await replica.planRotation(of: master, without: ["second"])
            #expect(planned == old)
            #expect(try await alerts(replica) == [])

            let new = try await replica.rotate(master, called: "master", without: ["second"], context: .test)
            #expect(new.custodians == ["first"])
            #expect(try await replica.showMaster().custodians.map(\.isMissing) == [false, true])
            #expect(try await alerts(replica) == ["second"])
            let told = try await replica.pool.query("SELECT event FROM audit_outbox").map {
                try Proto.Event(decoding: try $0.value("event", as: [UInt8].self))
            }.filter { $0.cause == "left-out" }
            #expect(told.map(\.object) == ["second"] && told.map(\.keyVersion) == [new.version.rawValue])

            // Later ones ask it no more.
            let later = try await replica.rotate(master, called: "master", context: .test)
            #expect(later.custodians == ["first"])
            #expect(try await alerts(replica) == ["second"])
        }
    }

    @Test func itComesBackForEveryVersion() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: both)
            let master = try #require(try await replica.keyObject(named: "master"))
            _ = try await replica.rotate(master, called: "master", without: ["second"], context: .test)
            let alone = try store.sealedReplica(custodians: Custodians([second.custodian]))
            #expect(await failure { try await alone.unseal() } != nil)
            try await replica.addCustodian("second", isDryRun: true, context: .test)
            #expect(try await replica.showMaster().custodians.map(\.isMissing) == [false, true])
            try await replica.addCustodian("second", isDryRun: false, context: .test)
            #expect(try await replica.showMaster().custodians.allSatisfy { $0.wrap != nil && !$0.isMissing })
            let masters = try await replica.read { try await $0.masters(of: master.id) }
            #expect(masters.map(\.record.custodians) == [["first", "second"], ["first", "second"]])
            try await alone.unseal()
        }
    }

    @Test func whoHoldsNothingOrIsTheLastIsNotLeftOut() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: both)
            let master = try #require(try await replica.keyObject(named: "master"))
            func refusal(_ names: Set<String>) async -> KeyServiceError? {
                await failure { _ = try await replica.rotate(master, called: "master", without: names, context: .test) }
            }
            #expect(await refusal(["third"]) == .unknownCustodian)
            #expect(await refusal(["first", "second"]) == .lastCustodian)
        }
    }

    @Test func anEmergencyGoesOnWithoutIt() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(custodians: both)
            let master = try #require(try await replica.keyObject(named: "master"))
            let note = try #require(CompromiseNote(reason: "test", suspectedSinceUnixMs: nil))
            second.state = .unavailable
            func compromise(without names: Set<String>) async throws -> CompromiseOutcome {
                try await replica.compromise(
                    master, called: "master", version: nil, note: note, without: names, context: .test
                ).value
            }
            #expect(await failure { _ = try await compromise(without: []) }?.code == .unavailable)
            let outcome = try await compromise(without: ["second"])
            #expect(outcome.made.contains { $0.name == "master" && $0.record.custodians == ["first"] })
            #expect(try await alerts(replica) == ["second"])
        }
    }

    @Test func itTakesTheRightToChangeCustodians() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store, custodians: both) { server in
                _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test)
                _ = try await server.authority.ensureKeys(of: .note, context: .test)
                func status(_ key: String, as name: String) async throws -> RPCCode? {
                    let request = Proto.RotateKeysRequest(keys: [key], without: ["second"])
                    return try await server.status("RotateKey", request, as: name)?.code
                }
                #expect(try await status("users.note", as: "backend") == .permissionDenied)
                #expect(try await status("users.note", as: "operator") == .invalidArgument)
                let request = Proto.RotateKeysRequest(keys: ["master"], without: ["second"], dryRun: true)
                let response: Proto.RotateKeysResponse = try await server.call("RotateKey", request, as: "operator")
                #expect(response.results.map(\.code) == [.ok])
                let shown: Proto.ShowMasterResponse = try await server.call(
                    "ShowMaster", Proto.ShowMasterRequest(), as: "operator")
                #expect(shown.custodians.map(\.holds) == [true, true])
            }
        }
    }

    /// The objects of the alerts of this kind.
    private func alerts(_ replica: KeyAuthority) async throws -> [String] {
        try await replica.pool.query("SELECT object FROM alerts WHERE kind = 'custodian-left-out'")
            .map { try $0.value("object") }
    }
}
