import FieldsealCrypto
import FieldsealMessages
import Testing

@testable import EncryptionService

/// What is sealed with a compromised key of a subject opens to be sealed with the subject's next one, for those who may do
/// that, and in no other way.
@Suite struct CompromisedSubjectTests {
    private static let field = "users.name"

    private static func run(
        isDual: Bool = false, _ body: @escaping @Sendable (HandlerBench) async throws -> Void
    ) async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(field, subjectKeys: true, isDual: isDual)
            if isDual { bench.source.rotate(field) }
            try await body(bench)
        }
    }

    private static func seal(_ bench: HandlerBench, _ subject: String) async throws -> [UInt8] {
        try await bench.sealed(
            Proto.EncryptItem(field: field, plaintext: [1, 2, 3], subject: Array(subject.utf8)))
    }

    private static func decrypt(_ bench: HandlerBench, _ sealed: [UInt8]) async throws -> Proto.DecryptResult {
        try #require(try await bench.decrypt([.init(field: field, ciphertext: sealed)]).first)
    }

    private static func rewrap(
        _ bench: HandlerBench, _ sealed: [UInt8], as identity: String = HandlerBench.migration
    ) async throws -> Proto.RewrapResult {
        let answer: Proto.RewrapResponse = try await bench.call(
            .rewrap, Proto.RewrapRequest(items: [.init(field: field, ciphertext: sealed)]), as: identity)
        return try #require(answer.results.first)
    }

    private static func subject(_ sealed: [UInt8]) throws -> ObjectID? {
        try sealed.withUnsafeBytes { try CiphertextHeader(reading: $0) }.subject
    }

    private static func compromise(_ bench: HandlerBench) {
        bench.source.compromiseSubjects()
        bench.clock.advance(seconds: 1)
        bench.loader.forgetSubjects()
    }

    /// Under the same version of the field's key, too.
    @Test(arguments: [false, true])
    func aMigrationMovesValuesToTheNextKey(isDual: Bool) async throws {
        try await Self.run(isDual: isDual) { bench in
            let sealed = try await Self.seal(bench, "ann")
            Self.compromise(bench)
            let result = try await Self.rewrap(bench, sealed)
            #expect(result.changed)
            let moved = result.ciphertext ?? []
            #expect(try Self.subject(moved) != Self.subject(sealed))
            #expect(try Self.subject(moved) == Self.subject(try await Self.seal(bench, "ann")))
            #expect(try await Self.decrypt(bench, moved).plaintext == [1, 2, 3])
            // It is a value like any other, and stays as it is.
            let again = try await Self.rewrap(bench, moved)
            #expect(!again.changed && again.ciphertext == moved)
        }
    }

    @Test func nobodyElseOpensThem() async throws {
        try await Self.run { bench in
            let sealed = try await Self.seal(bench, "ann")
            Self.compromise(bench)
            let expected = Proto.ItemError(.subjectCompromised)
            #expect(expected.code == 9)
            // What a migration loads meanwhile is of no use to them.
            for _ in 0..<2 {
                #expect(try await Self.decrypt(bench, sealed).error == expected)
                #expect(try await Self.rewrap(bench, sealed, as: HandlerBench.backend).error == expected)
                let rebound = try await bench.rebind([
                    .init(field: Self.field, ciphertext: sealed, newContext: [1])
                ])
                #expect(rebound.first?.error == expected)
                #expect(try await Self.rewrap(bench, sealed).changed)
                bench.clock.advance(seconds: 6)
            }
            let denied = await bench.events(of: .decrypt, items: 2).filter { $0.outcome != 0 }
            #expect(denied.count == 2 && denied.allSatisfy { $0.cause == "subject-compromised" })
        }
    }

    @Test func valuesAreSealedWithTheNextKeyAtOnce() async throws {
        try await Self.run { bench in
            let former = try Self.subject(try await Self.seal(bench, "ann"))
            let generation = bench.store.generation
            Self.compromise(bench)
            #expect(bench.store.generation != generation)
            let sealed = try await Self.seal(bench, "ann")
            #expect(try Self.subject(sealed) != former)
            #expect(try await Self.decrypt(bench, sealed).plaintext == [1, 2, 3])
        }
    }

    /// The answer to a load that began before the compromise comes after its push.
    @Test func anAnswerUnderWayDoesNotBringAKeyBack() async throws {
        try await Self.run { bench in
            let former = try Self.subject(try await Self.seal(bench, "ann"))
            bench.clock.advance(seconds: 400)
            _ = try await Self.seal(bench, "ben")
            bench.source.hold()
            async let sealing = Self.seal(bench, "ann")
            while bench.loader.waiting == 0 || bench.source.asked.last?.subject == nil { await Task.yield() }
            Self.compromise(bench)
            bench.source.release()
            #expect(try Self.subject(try await sealing) != former)
        }
    }

    @Test func anErasedSubjectsFormerValuesOpenForNoMigration() async throws {
        try await Self.run { bench in
            let sealed = try await Self.seal(bench, "ann")
            Self.compromise(bench)
            #expect(try await Self.rewrap(bench, sealed).changed)
            let id = try #require(bench.source.eraseSubject("ann"))
            bench.loader.subjectErased(id)
            #expect(try await Self.rewrap(bench, sealed).error == Proto.ItemError(.subjectErased))
        }
    }

    /// Asked for a rewrap, a key that is as good as ever is kept as if it had been asked for any use.
    @Test func aHealthyKeyIsKept() async throws {
        try await Self.run { bench in
            let sealed = try await Self.seal(bench, "ann")
            let id = try #require(try Self.subject(sealed))
            bench.clock.advance(seconds: 400)
            #expect(try await !Self.rewrap(bench, sealed).changed)
            #expect(bench.store.subject(for: .subject(.key(id), of: Self.field), at: bench.clock.now()) != nil)
        }
    }
}
