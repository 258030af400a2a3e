import FieldsealMessages
import Testing

@testable import EncryptionService

/// What is sealed under a compromised version opens to be sealed anew, for those who may do that, and in no other way.
@Suite struct CompromisedVersionTests {
    private static func rewrap(
        _ bench: HandlerBench, _ sealed: [UInt8], field: String = "users.email", as identity: String
    ) async throws -> Proto.RewrapResult {
        let answer: Proto.RewrapResponse = try await bench.call(
            .rewrap, Proto.RewrapRequest(items: [Proto.DecryptItem(field: field, ciphertext: sealed)]), as: identity)
        return try #require(answer.results.first)
    }

    /// A value of the field's first version, which is compromised then and out of every cache.
    private static func compromised(
        _ bench: HandlerBench, field: String = "users.email"
    ) async throws -> (sealed: [UInt8], version: UInt64) {
        let version = bench.source.addField(field)
        let sealed = try await bench.sealed(Proto.EncryptItem(field: field, plaintext: [1, 2, 3]))
        bench.source.compromise(field, version: version)
        bench.store.remove(KeySelector(field: field, version: version))
        bench.store.remove(.active(field))
        return (sealed, version)
    }

    @Test func aMigrationMovesValuesAwayFromIt() async throws {
        try await HandlerBench.run { bench in
            let (sealed, version) = try await Self.compromised(bench)
            let result = try await Self.rewrap(bench, sealed, as: HandlerBench.migration)
            #expect(result.changed)
            let opened = try await bench.decrypt([.init(field: "users.email", ciphertext: result.ciphertext ?? [])])
            #expect(opened.first?.plaintext == [1, 2, 3])
            // Under the new version it is a value like any other, and stays as it is.
            let again = try await Self.rewrap(bench, result.ciphertext ?? [], as: HandlerBench.migration)
            #expect(!again.changed)
            let events = await bench.events(of: .rewrap, items: 3)
            #expect(
                events.contains { $0.keyVersion == version && $0.outcome == 0 && $0.actor == HandlerBench.migration })
        }
    }

    @Test func nobodyElseOpensIt() async throws {
        try await HandlerBench.run { bench in
            let (sealed, version) = try await Self.compromised(bench)
            let expected = Proto.ItemError(.versionCompromised)
            for round in 0..<2 {
                let item = Proto.DecryptItem(field: "users.email", ciphertext: sealed)
                #expect(try await bench.decrypt([item]).first?.error == expected)
                #expect(try await Self.rewrap(bench, sealed, as: HandlerBench.backend).error == expected)
                let rebound: Proto.RebindResponse = try await bench.call(
                    .rebind,
                    Proto.RebindRequest(items: [
                        .init(field: "users.email", ciphertext: sealed, newContext: [1])
                    ]))
                #expect(rebound.results.first?.error == expected)
                // What a migration loaded meanwhile is of no use to them.
                if round == 0 {
                    #expect(try await Self.rewrap(bench, sealed, as: HandlerBench.migration).changed)
                    #expect(
                        bench.store.entry(for: .init(field: "users.email", version: version), at: bench.clock.now())
                            == nil)
                    bench.clock.advance(seconds: 6)
                }
            }
            let denied = await bench.events(of: .decrypt, items: 2).filter { $0.outcome != 0 }
            #expect(denied.allSatisfy { $0.cause == "compromised" && $0.keyVersion == version })
        }
    }

    @Test func theRightIsTheFields() async throws {
        try await HandlerBench.run { bench in
            let (sealed, _) = try await Self.compromised(bench, field: "notes.body")
            let result = try await Self.rewrap(bench, sealed, field: "notes.body", as: HandlerBench.migration)
            #expect(result.error == Proto.ItemError(.versionCompromised))
        }
    }

    /// Asked for a rewrap, a version that is as good as ever is kept as if it had been asked for any use.
    @Test func aHealthyVersionIsKept() async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField("users.email")
            let sealed = try await bench.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1]))
            bench.source.rotate("users.email")
            let selector = KeySelector(field: "users.email", version: version)
            bench.store.remove(selector)
            bench.store.remove(.active("users.email"))
            #expect(try await Self.rewrap(bench, sealed, as: HandlerBench.migration).changed)
            #expect(bench.store.entry(for: selector, at: bench.clock.now()) != nil)
        }
    }
}
