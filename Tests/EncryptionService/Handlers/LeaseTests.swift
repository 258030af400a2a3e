import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import Testing

@testable import EncryptionService

/// Values are sealed under random 96-bit nonces as far as key management has leased seals for them.
@Suite(.timeLimit(.minutes(1))) struct LeaseTests {
    private static let field = "users.email"
    private static let exhausted = Proto.ItemError(.versionExhausted)

    private static func items(_ count: Int) -> [Proto.EncryptItem] {
        (0..<count).map { Proto.EncryptItem(field: field, plaintext: [UInt8($0 % 256)]) }
    }

    /// Encrypts so many values, all of which succeed, or are refused.
    private static func seal(
        _ count: Int, _ bench: HandlerBench, refused failure: ItemFailure? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let failures = try await bench.encrypt(items(count)).compactMap(\.error)
        let expected = failure.map { Array(repeating: Proto.ItemError($0), count: count) } ?? []
        #expect(failures == expected, sourceLocation: sourceLocation)
    }

    private static func decryption(of sealed: [UInt8]) -> Proto.DecryptItem {
        Proto.DecryptItem(field: field, ciphertext: sealed)
    }

    private static func entry(_ bench: HandlerBench) throws -> FieldKeyEntry {
        try #require(bench.store.entry(for: .active(field), at: bench.clock.now()))
    }

    /// As the stream of changes tells of a new version.
    private static func push(_ bench: HandlerBench) async {
        bench.clock.advance(seconds: 1)
        await bench.loader.reload([.active(field)])
    }

    @Test(arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305])
    func theFirstCallBringsTheLeastBesidesItsOwn(suite: CipherSuite) async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField(Self.field, suite: suite)
            try await Self.seal(3, bench)
            #expect(bench.source.leased == [version: 1_027])
            #expect(bench.source.leases.isEmpty, "they came with the key")
        }
    }

    @Test func inUseNoCallWaits() async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField(Self.field)
            try await Self.seal(1, bench)
            let seals = try #require(try Self.entry(bench).seals)
            for _ in 0..<1_500 {
                try await Self.seal(4, bench)
                // What was leased ahead comes before a quarter is left.
                while seals.remaining < 256 { await Task.yield() }
            }
            #expect(bench.waits == 1)
            #expect((2...4).contains(bench.source.leases.count))
            #expect(bench.source.leases.map(\.seals).first == 4_096)
            #expect(bench.source.leased[version] ?? 0 >= 6_001)
        }
    }

    @Test(arguments: [UInt32.max, 400])
    func aBatchLargerThanALeaseWaits(largest: UInt32) async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(largest: largest)
            try await Self.seal(1, bench)
            try await Self.seal(4_000, bench)
            #expect(bench.waits == 2)
        }
    }

    @Test func burstsOverSmallLeasesAllSucceed() async throws {
        try await HandlerBench.run(loops: 3) { bench in
            let version = bench.source.addField(Self.field)
            bench.source.limitSeals(largest: 300)
            let sealed = try await withThrowingTaskGroup { group in
                for number in 0..<60 {
                    group.addTask {
                        let size = 1 + number * 7 % 50
                        let results = try await bench.encrypt(Self.items(size), on: number % 3)
                        #expect(results.compactMap(\.error).isEmpty)
                        return results.count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(bench.source.leased[version] ?? 0 >= UInt64(sealed))
        }
    }

    @Test func anExhaustedVersionSealsNoMoreUntilItIsRotated() async throws {
        try await HandlerBench.run { bench in
            let index = FieldProfile.Index(name: "exact", id: .random(), bits: 128, normaliser: .none)
            bench.source.addField(Self.field, indexes: [index])
            bench.source.limitSeals(total: 10)
            let sealed = try await bench.encrypt(Self.items(8)).compactMap(\.ciphertext)
            #expect(sealed.count == 8)
            try await Self.seal(3, bench, refused: .versionExhausted)
            // What is left serves on.
            try await Self.seal(2, bench)
            for _ in 0..<5 { try await Self.seal(1, bench, refused: .versionExhausted) }
            #expect(bench.source.leases.count == 1, "it is remembered")
            let events = await bench.events(of: .encrypt, items: 18).filter { $0.outcome != 0 }
            #expect(Set(events.map(\.cause)) == ["exhausted"])
            #expect(Set(events.map(\.outcome)) == [Int32(RPCCode.failedPrecondition.rawValue)])

            // Whatever seals nothing is served, with the key at hand and without.
            for seconds in [1, 400] as [UInt64] {
                bench.clock.advance(seconds: seconds)
                try await Self.seal(1, bench, refused: .versionExhausted)
                let item = Self.decryption(of: sealed[0])
                #expect(try await bench.decrypt([item]).first?.plaintext == [0])
                let same = try await bench.rewrap([item])
                #expect(same.first?.ciphertext == sealed[0] && same.first?.changed == false)
                let indexed: Proto.BlindIndexResponse = try await bench.call(
                    .blindIndex,
                    Proto.BlindIndexRequest(items: [
                        .init(field: Self.field, plaintext: [1], indexes: ["exact"])
                    ]))
                #expect(indexed.results.map(\.error) == [nil])
            }

            bench.source.rotate(Self.field)
            await Self.push(bench)
            try await Self.seal(10, bench)
        }
    }

    @Test func withoutAPushANewVersionIsFoundInAWhile() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(total: 1)
            try await Self.seal(1, bench)
            try await Self.seal(1, bench, refused: .versionExhausted)
            bench.source.rotate(Self.field)
            try await Self.seal(1, bench, refused: .versionExhausted)
            bench.clock.advance(seconds: 6)
            try await Self.seal(1, bench)
        }
    }

    @Test func withoutKeyManagementTheSealsAtHandServe() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(largest: 100)
            try await Self.seal(1, bench)
            bench.source.setOutage(.keysUnavailable)
            for _ in 0..<99 { try await Self.seal(1, bench) }
            try await Self.seal(1, bench, refused: .keysUnavailable)
            bench.source.setOutage(nil)
            try await Self.seal(1, bench)
        }
    }

    @Test func aRotationBeforeTheTurnOfACallHasItWaitAnew() async throws {
        try await HandlerBench.run { bench in
            let first = bench.source.addField(Self.field)
            let results = try await bench.encrypt(Self.items(20)) {
                bench.source.rotate(Self.field)
                await Self.push(bench)
            }
            let second = try Self.entry(bench).material.version.rawValue
            #expect(second != first)
            #expect(try results.map { try Self.version($0.ciphertext) } == Array(repeating: second, count: 20))
        }
    }

    private static func version(_ sealed: [UInt8]?) throws -> UInt64 {
        try #require(sealed).withUnsafeBytes { try CiphertextHeader(reading: $0).version.rawValue }
    }

    /// What is reserved for a call and was not used is there for others.
    @Test func aCallThatEndsWhileItWaitsGivesItsSealsBack() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(total: 10)
            var missing = MissingKeys()
            missing.add(seals: 10, of: Self.field)
            let abandoned = await bench.loader.loaded(missing)
            #expect(abandoned.seals.values.map(\.count) == [10])
            try await Self.seal(1, bench, refused: .versionExhausted)
            _ = consume abandoned
            try await Self.seal(10, bench)
        }
    }

    /// Versions of so few seals that each one shows.
    @Test func rewrapCountsWhatItSealsAndRebindEverything() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(total: 5)
            let old = try await bench.encrypt(Self.items(3)).compactMap(\.ciphertext)
            bench.source.rotate(Self.field)
            await Self.push(bench)
            let moved = try await bench.rewrap(old.map(Self.decryption)).compactMap(\.ciphertext)
            for _ in 0..<4 {
                bench.clock.advance(seconds: 1)
                let again = try await bench.rewrap(moved.map(Self.decryption))
                #expect(again.allSatisfy { $0.error == nil && !$0.changed })
            }
            let rebound = try await bench.rebind([
                Proto.RebindItem(field: Self.field, ciphertext: moved[0], newContext: [1])
            ])
            #expect(rebound.first?.error == nil)
            try await Self.seal(1, bench)
            try await Self.seal(1, bench, refused: .versionExhausted)
            let refused = try await bench.rebind([Proto.RebindItem(field: Self.field, ciphertext: moved[0])])
            #expect(refused.first?.error == Self.exhausted)
            let mixed = try await bench.rewrap([old[0], moved[0]].map(Self.decryption))
            #expect(mixed.map(\.error) == [Self.exhausted, nil])
        }
    }

    /// The values were current when the call came, and are not when its turn has come.
    @Test func aRewrapThatFindsANewVersionWaitsForItsSeals() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            bench.source.limitSeals(largest: 30)
            let sealed = try await bench.encrypt(Self.items(200)).compactMap(\.ciphertext)
            bench.source.rotate(Self.field)
            bench.clock.advance(seconds: 1)
            let moved = try await bench.rewrap(sealed.map(Self.decryption))
            #expect(moved.count == 200 && moved.allSatisfy { $0.error == nil && $0.changed })
        }
    }

    @Test func whatTwoVersionsSealCountsForNeither() async throws {
        try await HandlerBench.run { bench in
            let first = bench.source.addField(Self.field, isDual: true)
            bench.source.limitSeals(total: 2)
            try await Self.seal(2, bench)
            let second = bench.source.rotate(Self.field)
            await Self.push(bench)
            try await Self.seal(50, bench)
            #expect(bench.source.leased == [first: 2, second: 0])
            bench.source.closeWindow(Self.field)
            await Self.push(bench)
            try await Self.seal(2, bench)
            try await Self.seal(1, bench, refused: .versionExhausted)
        }
    }

    @Test(arguments: [CipherSuite.xaes256GCM, .xaes256GCMCommitting, .aes256SIV])
    func otherSuitesNeedNone(suite: CipherSuite) async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField(Self.field, suite: suite)
            bench.source.limitSeals(total: 0)
            for _ in 0..<3 { try await Self.seal(500, bench) }
            #expect(bench.source.leased == [version: 0])
            #expect(bench.source.leases.isEmpty && bench.waits == 1)
        }
    }

    @Test func aRefreshLeasesNothingAndKeepsWhatIsLeft() async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField(Self.field)
            bench.source.limitSeals(total: 40)
            try await Self.seal(1, bench)
            for _ in 0..<3 {
                let before = try Self.entry(bench)
                before.markUse()
                bench.clock.advance(seconds: 255)
                bench.loader.tend()
                while try Self.entry(bench) === before { await Task.yield() }
                #expect(try Self.entry(bench).seals === before.seals)
            }
            #expect(bench.source.leases.isEmpty)
            #expect(bench.source.leased == [version: 40])
            for _ in 0..<39 { try await Self.seal(1, bench) }
        }
    }

    /// No call waits after a rotation; and services that only hear of new versions do not use them up.
    @Test func aPushLeasesTheLeastWhereTheKeyIsInUseAndNothingElsewhere() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(Self.field)
            try await Self.seal(1, bench)
            for number in 0..<5 {
                let version = bench.source.rotate(Self.field)
                await Self.push(bench)
                #expect(try Self.entry(bench).material.version.rawValue == version)
                #expect(bench.source.leased[version] == (number == 0 ? 1_024 : 0))
            }
            try await Self.seal(1, bench)
        }
    }

    @Test func aSilentStreamEndsRenewals() async throws {
        try await HandlerBench.run(followsChanges: true) { bench in
            let version = bench.source.addField(Self.field)
            bench.source.limitSeals(largest: 100)
            try await Self.seal(1, bench)
            bench.clock.advance(seconds: 20)
            for _ in 0..<99 { try await Self.seal(1, bench) }
            try await Self.seal(1, bench, refused: .keysUnavailable)
            #expect(bench.source.leased == [version: 100] && bench.source.leases.isEmpty)
            bench.signs?.hear(at: bench.clock.now())
            try await Self.seal(1, bench)
        }
    }
}
