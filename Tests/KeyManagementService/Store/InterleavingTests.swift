import FieldsealCrypto
import FieldsealPostgres
import Glibc
import Testing

@testable import KeyManagementService

/// Random operations of several replicas on one store, which is compared with a model after each of them.
@Suite(.enabled(if: TestStore.isConfigured)) struct InterleavingTests {
    /// At least; a run in which chance has too little fail takes up to as many again.
    private static let steps = 200
    /// Set to the seed of a failure to have the same choices again.
    private static let seed = getenv("FIELDSEAL_INTERLEAVING_SEED").flatMap { UInt64(String(cString: $0)) }

    @Test(.timeLimit(.minutes(8))) func whateverIsDoneAndFailsNoKeyIsLostOrDoubled() async throws {
        try await TestStore.with { store in
            let seed = Self.seed ?? .random(in: 0 ... .max)
            let scene = try await Interleaving(store, seed: seed)
            do {
                for step in 1...2 * Self.steps where step <= Self.steps || !scene.saysSomething {
                    try await scene.step()
                    guard step == Self.steps / 2 else { continue }
                    try await store.copy(to: "older")
                    try await scene.checkAll()
                }
                try await scene.checkAll()
                try await scene.checkNothingIsReused(afterRestoring: "older")
                #expect(
                    scene.saysSomething,
                    "seed \(seed): \(scene.struck) struck, \(scene.lostCommits) lost, \(scene.done.count) kinds of acts"
                )
            } catch {
                let trace = scene.trace.suffix(12).joined(separator: "\n")
                Issue.record("FIELDSEAL_INTERLEAVING_SEED=\(seed): \(error) after\n\(trace)")
            }
        }
    }
}
