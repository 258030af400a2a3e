import FieldsealCrypto
import FieldsealPostgres
import Glibc
import Testing

@testable import KeyManagementService

/// Random operations of several replicas on one store, which is compared with a model after each of them.
@Suite(.enabled(if: TestStore.isConfigured)) struct InterleavingTests {
    private static let steps = 200
    /// Set to the seed of a failure to have the same choices again.
    private static let seed = getenv("FIELDSEAL_INTERLEAVING_SEED").flatMap { UInt64(String(cString: $0)) }

    @Test(.timeLimit(.minutes(8))) func whateverIsDoneAndFailsNoKeyIsLostOrDoubled() async throws {
        try await TestStore.with { store in
            let seed = Self.seed ?? .random(in: 0 ... .max)
            let scene = try await Interleaving(store, seed: seed)
            do {
                for step in 1...Self.steps {
                    try await scene.step()
                    if step == Self.steps / 2 { try await store.copy(to: "older") }
                    if step % 100 == 0 { try await scene.checkAll() }
                }
                try await scene.checkNothingIsReused(afterRestoring: "older")
                // A run that did next to nothing says nothing.
                #expect(scene.struck > 5 && scene.lostCommits > 5 && scene.done.count > 10, "seed \(seed)")
                #expect(scene.dualSeals > 0, "seed \(seed)")
            } catch {
                let trace = scene.trace.suffix(12).joined(separator: "\n")
                Issue.record("FIELDSEAL_INTERLEAVING_SEED=\(seed): \(error) after\n\(trace)")
            }
        }
    }
}
