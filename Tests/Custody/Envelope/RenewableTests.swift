import Synchronization
import Testing

@testable import FieldsealCustody

@Suite struct RenewableTests {
    /// Issues numbers that live for a time, and fails on demand.
    final class Issuer: Sendable {
        struct State {
            var now: Int64 = 1_000
            var life: Int64? = 1_000
            var isDown = false
            var issues = 0
            var lasts: [Int?] = []
        }
        let state = Mutex(State())

        func renewable() -> Renewable<Int> {
            Renewable(now: { self.state.withLock { $0.now } }) { last in
                try self.state.withLock { state in
                    guard !state.isDown else { throw MasterKeyError(code: .unavailable, description: "down") }
                    state.issues += 1
                    state.lasts.append(last)
                    return .init(value: state.issues, validUntil: state.life.map { state.now + $0 })
                }
            }
        }
    }

    @Test func aValueIsRenewedAheadOfItsEnd() async throws {
        let issuer = Issuer()
        let renewable = issuer.renewable()
        #expect(try await renewable.current().value == 1)
        issuer.state.withLock { $0.now += 799 }
        #expect(try await renewable.current().value == 1)
        issuer.state.withLock { $0.now += 1 }
        #expect(try await renewable.current().value == 2)
        #expect(issuer.state.withLock { $0.lasts } == [nil, 1])
    }

    @Test func theLastValueServesWhileItsIssuerIsDown() async throws {
        let issuer = Issuer()
        let renewable = issuer.renewable()
        _ = try await renewable.current()
        issuer.state.withLock { state in
            state.isDown = true
            state.now += 999
        }
        #expect(try await renewable.current().value == 1)
        issuer.state.withLock { $0.now += 1 }
        await #expect(throws: MasterKeyError.self) { _ = try await renewable.current() }
        issuer.state.withLock { $0.isDown = false }
        #expect(try await renewable.current().value == 2)
        #expect(issuer.state.withLock { $0.lasts } == [nil, nil], "what has ended is not renewed")
    }

    @Test func onlyTheRefusedIssueIsDiscarded() async throws {
        let issuer = Issuer()
        issuer.state.withLock { $0.life = nil }
        let renewable = issuer.renewable()
        let first = try await renewable.current()
        await renewable.discard(issue: first.issue)
        let second = try await renewable.current()
        #expect(second.value == 2)
        await renewable.discard(issue: first.issue)
        issuer.state.withLock { $0.now = .max - 1 }
        #expect(try await renewable.current().value == 2)
    }

    @Test func manyWaitForOneFetch() async throws {
        let issuer = Issuer()
        let renewable = issuer.renewable()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await renewable.current().value } }
            for try await value in group { #expect(value == 1) }
        }
        #expect(issuer.state.withLock { $0.issues } == 1)
    }
}
