import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// Leases while statements fail, connections break, COMMITs stay without an answer and replicas die.
@Suite(.enabled(if: TestStore.isConfigured)) struct LeaseFaultTests {
    /// Whatever happens, what was answered was counted before, and no version gives out more than it bears.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func nothingIsGivenOutTwice(seed: UInt64) async throws {
        try await TestStore.with { store in
            let limits = SealLimits(rotation: 400, refusal: 600, exhaustionSuite: nil)
            let scene = try await LeaseScene(store, limits)
            let faults = try await StoreFaults(store)
            var generator = SeededGenerator(state: seed)
            var replicas = [scene.replica, try await scene.anotherReplica()]
            var answered: [KeyVersion: Int64] = [:]
            var struck = 0
            for _ in 0..<60 {
                let mode = StoreFaults.Mode.allCases.randomElement(using: &generator)
                if let mode, Bool.random(using: &generator) {
                    try await faults.arm(mode, at: .random(in: 1...4, using: &generator))
                }
                let calls = (0..<3).map { _ in
                    (
                        replica: Int.random(in: 0...1, using: &generator),
                        count: UInt32.random(in: 1...60, using: &generator)
                    )
                }
                let version = try await scene.version()
                let results = await withTaskGroup(of: UInt32.self) { [replicas] group in
                    for call in calls {
                        group.addTask {
                            (try? await scene.lease(call.count, of: version, on: replicas[call.replica])) ?? 0
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                answered[version, default: 0] += results.reduce(0) { $0 + Int64($1) }
                if try await faults.disarm() { struck += 1 }
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    // It takes with it what it knew, and its place is another's.
                    let dying = Int.random(in: 0...1, using: &generator)
                    if dying > 0 { await replicas[dying].pool.close() }
                    replicas[dying] = try await scene.anotherReplica()
                }
                // The schedule finds what a failure kept from being rotated at once.
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    _ = try? await Scheduler(
                        authority: replicas[0], replica: "test", logger: TestStore.logger, announce: { _ in }
                    ).tick()
                }
            }
            #expect(struck > 5, "faults struck")
            #expect(answered.count > 3, "versions were spent")
            for (version, count) in answered {
                let leased = try await scene.record(version).leased
                #expect(count <= leased && leased <= limits.refusal, "\(version)")
            }
            let late = try await scene.anotherReplica()
            #expect(!late.isSealed, "the store is as its chain left it")
        }
    }
}
