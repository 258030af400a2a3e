import FieldsealCrypto
import FieldsealMessages
import Synchronization
import Testing

@testable import EncryptionService

/// Processes that come and go without handing anything back, rotations that some hear of at once and others by accident:
/// no version seals more than was leased of it.
@Suite(.timeLimit(.minutes(2))) struct LeasePropertyTests {
    private static let field = "users.email"
    private static let total: UInt64 = 700
    private static let loops = 3

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func noVersionSealsMoreThanWasLeased(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let source = TestKeySource()
        source.addField(Self.field)
        source.limitSeals(largest: .random(in: 20...200, using: &generator), total: Self.total)
        let sealed = SealCount()
        try await withThrowingTaskGroup { group in
            for _ in 0..<3 {
                let lives = (0..<3).map { _ in generator.next() }
                group.addTask {
                    for life in lives { try await Self.live(source, sealed, SeededGenerator(life)) }
                }
            }
            try await group.waitForAll()
        }
        let leased = source.leased
        let counts = sealed.counts
        #expect(counts.values.reduce(0, +) > 2 * Self.total, "it sealed a good deal")
        #expect(counts.count > 2)
        for (version, count) in counts {
            #expect(count <= leased[version] ?? 0)
            #expect(leased[version] ?? 0 <= Self.total)
        }
        let failures = Set([ItemFailure.versionExhausted, .keysConflict, .loadLimit].map(\.message))
        #expect(sealed.failures.subtracting(failures).isEmpty)
    }

    /// One process, from its start to its end.
    private static func live(
        _ source: TestKeySource, _ sealed: SealCount, _ generator: SeededGenerator
    ) async throws {
        try await HandlerBench.run(source: source, loops: loops) { bench in
            var generator = generator
            for _ in 0..<Int.random(in: 5...15, using: &generator) {
                let sizes = (0..<8).map { _ in Int.random(in: 1...40, using: &generator) }
                try await withThrowingTaskGroup { group in
                    for (number, size) in sizes.enumerated() {
                        group.addTask {
                            let items = (0..<size).map { _ in Proto.EncryptItem(field: field, plaintext: [1]) }
                            try sealed.add(try await bench.encrypt(items, on: number % loops))
                        }
                    }
                    try await group.waitForAll()
                }
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: source.rotate(field)
                case 1:
                    source.rotate(field)
                    bench.clock.advance(seconds: 1)
                    await bench.loader.reload([.active(field)])
                case 2: bench.clock.advance(seconds: 6)
                case 3: bench.clock.advance(seconds: 100)
                case 4: bench.loader.tend()
                default: break
                }
            }
        }
    }
}

/// What was sealed, by the versions that the ciphertexts name.
private final class SealCount: Sendable {
    private let state = Mutex((counts: [UInt64: UInt64](), failures: Set<String>()))

    var counts: [UInt64: UInt64] { state.withLock { $0.counts } }
    var failures: Set<String> { state.withLock { $0.failures } }

    func add(_ results: [Proto.EncryptResult]) throws {
        let versions = try results.compactMap(\.ciphertext).map { sealed in
            try sealed.withUnsafeBytes { try CiphertextHeader(reading: $0).version.rawValue }
        }
        state.withLock { state in
            for version in versions { state.counts[version, default: 0] += 1 }
            state.failures.formUnion(results.compactMap(\.error?.message))
        }
    }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
