import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealSecureMemory
import Synchronization
import Testing

@testable import KeyManagementService

@Suite struct CustodiansTests {
    private static let store = ObjectID.random()

    @Test func anyOneOfThemOpens() async throws {
        let custodians = try Custodians(names: "a", "b", "c")
        let made = try await KeyMaking.makeMaster(
            store: Self.store, custodians: custodians, under: ["c", "a", "b"], atUnixUs: 0)
        #expect(made.stored.record.custodians == ["a", "b", "c"])
        #expect(made.stored.record.encryptedKey.isEmpty)
        for custodian in custodians.list {
            let opened = try await Custodians([custodian]).open(made.stored)
            #expect(opened.custodian == custodian.name)
            let isSame = constantTimeEquals(opened.key.bytes, made.key.bytes)
            #expect(isSame)
        }
    }

    @Test func theyAreAskedInOrderAndTheirFailuresAreTold() async throws {
        let (away, good) = (TestCustody("away"), TestCustody("good"))
        let custodians = Custodians([away.custodian, good.custodian])
        let made = try await makeMaster(custodians)
        #expect(try await custodians.open(made.stored).custodian == "away")
        #expect(good.unwraps == 1, "only when it was wrapped")
        away.state = .unavailable
        let opened = try await custodians.open(made.stored)
        #expect(opened.custodian == "good")
        #expect(opened.failures.map(\.custodian) == ["away"])
        #expect(opened.failures.allSatisfy { $0.isUnavailable })
        good.state = .refusing
        let error = await #expect(throws: MasterKeyError.self) { _ = try await custodians.open(made.stored) }
        #expect(error?.code == .unavailable, "worth another attempt")
        #expect(error?.description.contains("away: ") == true && error?.description.contains("good: ") == true)
    }

    @Test func aSlowOneIsNotWaitedFor() async throws {
        let (slow, good) = (TestCustody("slow"), TestCustody("good"))
        var custodians = Custodians([slow.custodian, good.custodian])
        let made = try await makeMaster(custodians)
        custodians.headStart = .zero
        slow.state = .hanging
        #expect(try await custodians.open(made.stored).custodian == "good")
    }

    @Test func anotherKeyThanTheStoredOneIsNoticed() async throws {
        let (liar, good) = (TestCustody("liar"), TestCustody("good"))
        let custodians = Custodians([liar.custodian, good.custodian])
        let made = try await makeMaster(custodians)
        liar.state = .lying
        #expect(try await custodians.open(made.stored).custodian == "good")
        good.state = .lying
        #expect(await failure { _ = try await custodians.open(made.stored) }?.code == .dataLoss)
        // Nor is what one wraps and does not open again ever stored.
        #expect(await failure { _ = try await self.makeMaster(custodians) }?.message.contains("custodian liar") == true)
    }

    @Test func whoHoldsAndIsNotConfiguredIsNamed() async throws {
        let made = try await makeMaster(try Custodians(names: "a", "b"))
        let error = await #expect(throws: MasterKeyError.self) {
            _ = try await Custodians(names: "c").open(made.stored)
        }
        #expect(error?.code == .credential && error?.description.contains("a, b") == true)
    }

    @Test func aRowAndItsWrapsBelongTogether() async throws {
        let made = try await makeMaster(try Custodians(names: "a", "b")).stored
        #expect(throws: KeyServiceError.self) { _ = try StoredMaster(made.record, wraps: [made.wraps[0]]) }
        #expect(throws: KeyServiceError.self) {
            _ = try StoredMaster(made.record, wraps: made.wraps + [made.wraps[0]])
        }
        #expect(throws: KeyServiceError.self) { _ = try StoredMaster(made.record, wraps: []) }
        #expect(try StoredMaster(made.record, wraps: made.wraps.reversed()) == made)
    }

    @Test func namesAreChecked() {
        for name in ["a", "aws-eu.1", String(repeating: "x", count: 63)] { #expect(Custodian.isName(name)) }
        for name in ["", "a b", "a,b", "a\"b", "é", String(repeating: "x", count: 64)] {
            #expect(!Custodian.isName(name))
        }
    }

    private func makeMaster(_ custodians: Custodians) async throws -> NewMaster {
        try await KeyMaking.makeMaster(
            store: Self.store, custodians: custodians, under: custodians.list.map(\.name), atUnixUs: 0)
    }
}

extension Custodians {
    /// Each with a key of its own in memory.
    init(names: String...) throws {
        self.init(try names.map { Custodian(name: $0, provider: try MemoryProvider()) })
    }
}

/// A custodian whose service fails as a test wants it to.
final class TestCustody: MasterKeyProvider {
    enum State { case good, unavailable, refusing, lying, hanging }

    private let memory: MemoryProvider
    private let given: String
    private let mutable = Mutex<(state: State, unwraps: Int)>((.good, 0))

    init(_ name: String) {
        given = name
        guard let memory = try? MemoryProvider() else { fatalError("no locked memory") }
        self.memory = memory
    }

    var custodian: Custodian { Custodian(name: given, provider: self) }
    let name = "test"
    let algorithm = "test"
    var unwraps: Int { mutable.withLock { $0.unwraps } }
    var state: State {
        get { mutable.withLock { $0.state } }
        set { mutable.withLock { $0.state = newValue } }
    }

    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        if state == .unavailable { throw MasterKeyError(code: .unavailable, description: "no answer") }
        return try await memory.wrap(key, as: identity)
    }

    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        mutable.withLock { $0.unwraps += 1 }
        switch state {
        case .good: return try await memory.unwrap(wrapped, as: identity)
        case .unavailable: throw MasterKeyError(code: .unavailable, description: "no answer")
        case .refusing: throw MasterKeyError(code: .refused, description: "access denied")
        case .lying: return try SecretBytes.random(count: 32)
        case .hanging:
            try await Task.sleep(for: .seconds(3_600))
            throw CancellationError()
        }
    }
}
