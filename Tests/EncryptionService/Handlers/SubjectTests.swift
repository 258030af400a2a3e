import FieldsealCrypto
import FieldsealMessages
import Testing

@testable import EncryptionService

/// Values that belong to a subject, and the end of all of them.
@Suite struct SubjectTests {
    private static let field = "people.name"
    private static let other = "people.note"

    private static func item(
        _ subject: String, _ text: String = "a", field: String = SubjectTests.field, record: Int64 = 1
    ) -> Proto.EncryptItem {
        Proto.EncryptItem(
            field: field, plaintext: Array(text.utf8), recordID: .integer(record), subject: Array(subject.utf8))
    }

    private static func decryption(
        of sealed: [UInt8], field: String = SubjectTests.field, record: Int64 = 1
    ) -> Proto.DecryptItem {
        Proto.DecryptItem(field: field, ciphertext: sealed, recordID: .integer(record))
    }

    private static func header(_ sealed: [UInt8]) throws -> CiphertextHeader {
        try sealed.withUnsafeBytes { try CiphertextHeader(reading: $0) }
    }

    private static func run(
        isDual: Bool = false, _ body: @escaping @Sendable (HandlerBench) async throws -> Void
    ) async throws {
        try await HandlerBench.run { bench in
            for name in [field, other] {
                bench.source.addField(name, rowBound: true, recordKeys: true, subjectKeys: true, isDual: isDual)
            }
            bench.source.addField("users.email")
            try await body(bench)
        }
    }

    @Test func sealsUnderTheSubjectsKeyAndOpensByItsId() async throws {
        try await Self.run { bench in
            let sealed = try await bench.encrypt([
                Self.item("ann"), Self.item("ben"), Self.item("ann", "b"), Self.item("ann", field: Self.other),
            ]).map { $0.ciphertext ?? [] }
            let subjects = try sealed.map { try Self.header($0).subject }
            #expect(subjects[0] != nil && subjects[0] == subjects[2] && subjects[0] == subjects[3])
            #expect(subjects[1] != subjects[0])
            #expect(sealed[0].count == 1 + 28 + 28)
            // Another replica knows nothing yet: everything is loaded by the id.
            bench.clock.advance(seconds: 400)
            let opened = try await bench.decrypt([
                Self.decryption(of: sealed[0]), Self.decryption(of: sealed[1]), Self.decryption(of: sealed[2]),
                Self.decryption(of: sealed[3], field: Self.other),
            ])
            #expect(opened.map(\.plaintext) == ["a", "a", "b", "a"].map { Array($0.utf8) })
            #expect(bench.source.asked.contains(.subject(.key(try #require(subjects[1])), of: Self.field)))
        }
    }

    @Test func aSubjectIsDemandedAndOnlyThere() async throws {
        try await Self.run { bench in
            let items = [
                Self.item(""), Self.item("ann", field: "users.email"), Self.item(String(repeating: "x", count: 257)),
                Self.item(String(repeating: "x", count: 256)),
                Proto.EncryptItem(field: "users.email", plaintext: [1]),
            ]
            // The same with no key at hand, and with all of them.
            for _ in 0..<2 {
                let errors = try await bench.encrypt(items).map(\.error)
                #expect(
                    errors == [
                        Proto.ItemError(.subjectRequired), Proto.ItemError(.subjectUnexpected),
                        Proto.ItemError(.subjectSize), nil, nil,
                    ])
            }
        }
    }

    @Test(arguments: [false, true])
    func anErasedSubjectsValuesOpenNowhere(isDual: Bool) async throws {
        try await Self.run(isDual: isDual) { bench in
            if isDual { for name in [Self.field, Self.other] { bench.source.rotate(name) } }
            let ann = try await bench.sealed(Self.item("ann"))
            let ben = try await bench.sealed(Self.item("ben"))
            #expect((try Self.header(ann).suite == nil) == isDual)
            let id = try #require(bench.source.eraseSubject("ann"))
            // It is cached, and so goes on until the push, or its time, comes.
            #expect(try await bench.decrypt([Self.decryption(of: ann)]).first?.plaintext == Array("a".utf8))
            bench.loader.subjectErased(id)

            let expected = Proto.ItemError(.subjectErased)
            #expect(expected.message == "the subject was erased" && expected.code == 9)
            for _ in 0..<2 {
                let opened = try await bench.decrypt([Self.decryption(of: ann), Self.decryption(of: ben)])
                #expect(opened[0].error == expected)
                #expect(opened[1].plaintext == Array("a".utf8))
                #expect(try await bench.encrypt([Self.item("ann")]).first?.error == expected)
                #expect(try await bench.encrypt([Self.item("ann", field: Self.other)]).first?.error == expected)
                #expect(try await bench.rewrap([Self.decryption(of: ann)]).first?.error == expected)
                let rebound = try await bench.rebind([
                    Proto.RebindItem(
                        field: Self.field, ciphertext: ann, recordID: .integer(1), newRecordID: .integer(2))
                ])
                #expect(rebound.first?.error == expected)
                bench.clock.advance(seconds: 10)
            }
        }
    }

    @Test func aKeyEndsWithItsTimeWithoutAPush() async throws {
        try await Self.run { bench in
            let sealed = try await bench.sealed(Self.item("ann"))
            bench.source.eraseSubject("ann")
            bench.clock.advance(seconds: 301)
            #expect(
                try await bench.decrypt([Self.decryption(of: sealed)]).first?.error == Proto.ItemError(.subjectErased))
        }
    }

    /// The answer to a load that began before the erasure comes after its push.
    @Test func anAnswerUnderWayDoesNotBringAKeyBack() async throws {
        try await Self.run { bench in
            let sealed = try await bench.sealed(Self.item("ann"))
            let id = try #require(try Self.header(sealed).subject)
            bench.clock.advance(seconds: 400)
            // Loads what is needed besides.
            _ = try await bench.encrypt([Self.item("ben")])
            bench.source.hold()
            async let opening = bench.decrypt([Self.decryption(of: sealed)])
            while bench.loader.waiting == 0 || bench.source.asked.last?.subject == nil { await Task.yield() }
            bench.source.eraseSubject("ann")
            bench.loader.subjectErased(id)
            bench.source.release()
            #expect(try await opening.first?.error == Proto.ItemError(.subjectErased))
            #expect(try await bench.encrypt([Self.item("ann")]).first?.error == Proto.ItemError(.subjectErased))
        }
    }

    @Test func aRewrappedOrReboundValueStaysItsSubjects() async throws {
        try await Self.run { bench in
            let sealed = try await bench.sealed(Self.item("ann"))
            let subject = try Self.header(sealed).subject
            bench.source.rotate(Self.field)
            bench.clock.advance(seconds: 1)
            let anew = try await bench.rewrap([Self.decryption(of: sealed)])
            #expect(anew.first?.changed == true)
            #expect(try Self.header(anew.first?.ciphertext ?? []).subject == subject)
            let rebound = try await bench.rebind([
                Proto.RebindItem(field: Self.field, ciphertext: sealed, recordID: .integer(1), newRecordID: .integer(2))
            ])
            let moved = rebound.first?.ciphertext ?? []
            #expect(try Self.header(moved).subject == subject)
            let opened = try await bench.decrypt([Self.decryption(of: moved, record: 2)])
            #expect(opened.first?.plaintext == Array("a".utf8))
        }
    }

    @Test func anotherSubjectsIdIsRefused() async throws {
        try await Self.run { bench in
            var ann = try await bench.sealed(Self.item("ann"))
            let ben = try await bench.sealed(Self.item("ben"))
            ann.replaceSubrange(12..<28, with: ben[12..<28])
            var unknown = ben
            unknown[20] ^= 1
            let opened = try await bench.decrypt([Self.decryption(of: ann), Self.decryption(of: unknown)])
            #expect(opened.map(\.error) == [Proto.ItemError(.tag), Proto.ItemError(.subjectUnknown)])
            #expect(opened.allSatisfy { $0.error?.message == "ciphertext rejected" })
            // A value without a subject key that claims one, and the other way round.
            let plain = try await bench.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1]))
            var claims = plain
            claims[2] |= 4
            var claimsNone = ben
            claimsNone[2] &= ~4
            let refused = try await bench.decrypt([
                Proto.DecryptItem(field: "users.email", ciphertext: claims), Self.decryption(of: claimsNone),
            ])
            #expect(refused.allSatisfy { $0.error?.message == "ciphertext rejected" })
        }
    }

    @Test func oneLoadServesAllWhoMissASubject() async throws {
        try await Self.run { bench in
            _ = try await bench.sealed(Self.item("ann"))
            let calls = bench.source.calls
            let sealed = try await bench.encrypt((0..<50).map { Self.item("subject \($0 % 5)") })
            #expect(sealed.allSatisfy { $0.ciphertext != nil })
            #expect(bench.source.calls == calls + 1)
            _ = try await bench.encrypt((0..<50).map { Self.item("subject \($0 % 5)") })
            #expect(bench.source.calls == calls + 1)
        }
    }

    /// New subjects do not make the event loops drop what they keep for everybody else.
    @Test func aNewSubjectLeavesOtherKeysAlone() async throws {
        try await Self.run { bench in
            _ = try await bench.sealed(Self.item("ann"))
            let generation = bench.store.generation
            _ = try await bench.sealed(Self.item("ben"))
            #expect(bench.store.generation == generation)
            bench.loader.subjectErased(.random())
            #expect(bench.store.generation != generation)
        }
    }

    @Test func theSubjectsNameIsInNoEvent() async throws {
        try await Self.run { bench in
            _ = try await bench.encrypt([Self.item("ann@example.org"), Self.item("")])
            let events = await bench.events(of: .encrypt, items: 2)
            #expect(events.contains { $0.cause == "subject-required" })
            for event in events {
                #expect(!event.encoded().contains(Array("ann@example.org".utf8)))
            }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        guard count >= part.count else { return false }
        return (0...(count - part.count)).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
