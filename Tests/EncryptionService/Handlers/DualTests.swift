import FieldsealCrypto
import FieldsealMessages
import Testing

@testable import EncryptionService

/// Values that two versions seal, through rotation, rollback and the end of the window.
@Suite struct DualTests {
    private static let field = "users.email"

    private static func item(_ text: String = "a") -> Proto.EncryptItem {
        Proto.EncryptItem(field: field, plaintext: Array(text.utf8), recordID: .integer(1), context: [3])
    }

    private static func decryption(of sealed: [UInt8]) -> Proto.DecryptItem {
        Proto.DecryptItem(field: field, ciphertext: sealed, recordID: .integer(1), context: [3])
    }

    private static func header(_ sealed: [UInt8]) throws -> CiphertextHeader {
        try sealed.withUnsafeBytes { try CiphertextHeader(reading: $0) }
    }

    /// A dual field that was rotated once, with a value of the first version.
    private static func withRotated(
        _ options: (rowBound: Bool, recordKeys: Bool) = (true, false),
        _ body:
            @escaping @Sendable (HandlerBench, _ first: UInt64, _ second: UInt64, _ old: [UInt8]) async throws -> Void
    ) async throws {
        try await HandlerBench.run { bench in
            let first = bench.source.addField(
                field, rowBound: options.rowBound, recordKeys: options.recordKeys, isDual: true)
            let old = try await bench.sealed(item())
            #expect(try header(old).form == .plain(.aes256GCM))
            let second = bench.source.rotate(field)
            bench.loader.activeVersionChanged(field)
            try await body(bench, first, second, old)
        }
    }

    @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
    func inATransitionBothVersionsSeal(options: (Bool, Bool)) async throws {
        try await Self.withRotated((options.0, options.1)) { bench, first, second, _ in
            for text in ["", "a", String(repeating: "long ", count: 500)] {
                let sealed = try await bench.sealed(Self.item(text))
                let header = try Self.header(sealed)
                #expect(header.version.rawValue == second)
                #expect(header.form == .dual(before: try #require(KeyVersion(rawValue: first))))
                #expect(sealed.count == 212 + text.utf8.count)
                let opened = try await bench.decrypt([Self.decryption(of: sealed)])
                #expect(opened.first?.plaintext == Array(text.utf8))
            }
            let text = try await bench.sealed(Self.item("text"), encoding: .text)
            #expect(text.starts(with: Array("fs1:9QY".utf8)))
            let opened = try await bench.decrypt([Self.decryption(of: text)], encoding: .text)
            #expect(opened.first?.plaintext == Array("text".utf8))
        }
    }

    @Test(arguments: [ItemFailure.versionCompromised, .versionRetired, .versionUnknown, .keysUnavailable])
    func theOlderVersionOpensWhereTheNewerIsNotToBeHad(failure: ItemFailure) async throws {
        try await Self.withRotated { bench, _, second, _ in
            let sealed = try await bench.sealed(Self.item())
            bench.source.refuse(Self.field, version: second, as: failure)
            bench.store.remove(KeySelector(field: Self.field, version: second))
            bench.store.remove(.active(Self.field))
            bench.clock.advance(seconds: 10)
            // First with the older version at hand, then with none.
            for isAtHand in [true, false] {
                if !isAtHand { bench.clock.advance(seconds: 400) }
                let opened = try await bench.decrypt([Self.decryption(of: sealed)])
                #expect(opened.first?.plaintext == Array("a".utf8))
            }
        }
    }

    @Test func withNeitherVersionItDoesNotOpen() async throws {
        try await Self.withRotated { bench, first, second, _ in
            let sealed = try await bench.sealed(Self.item())
            for version in [first, second] {
                bench.source.refuse(Self.field, version: version, as: .versionRetired)
                bench.store.remove(KeySelector(field: Self.field, version: version))
            }
            let opened = try await bench.decrypt([Self.decryption(of: sealed)])
            #expect(opened.first?.error == Proto.ItemError(.versionRetired))
        }
    }

    @Test func aRollbackKeepsWhatWasSealedAndSealsPlain() async throws {
        try await Self.withRotated { bench, first, second, old in
            let dual = try await bench.sealed(Self.item())
            bench.source.rollBack(Self.field)
            bench.loader.activeVersionChanged(Self.field)
            let sealed = try await bench.sealed(Self.item())
            #expect(try Self.header(sealed).form == .plain(.aes256GCM))
            #expect(try Self.header(sealed).version.rawValue == first)
            // The version that was rolled back is gone.
            bench.source.refuse(Self.field, version: second, as: .versionRetired)
            bench.store.remove(KeySelector(field: Self.field, version: second))
            for value in [old, dual, sealed] {
                let opened = try await bench.decrypt([Self.decryption(of: value)])
                #expect(opened.first?.plaintext == Array("a".utf8))
            }
            bench.clock.advance(seconds: 1)
            let anew = try await bench.rewrap([Self.decryption(of: dual)])
            #expect(anew.first?.changed == true)
            let plain = try Self.header(anew.first?.ciphertext ?? [])
            #expect(plain.form == .plain(.aes256GCM) && plain.version.rawValue == first)
        }
    }

    @Test func rewrapSealsUnderBothAndLaterPlain() async throws {
        try await Self.withRotated { bench, first, second, old in
            bench.clock.advance(seconds: 1)
            let moved = try await bench.rewrap([Self.decryption(of: old)])
            let dual = moved.first?.ciphertext ?? []
            #expect(moved.first?.changed == true)
            #expect(try Self.header(dual).form == .dual(before: try #require(KeyVersion(rawValue: first))))
            let same = try await bench.rewrap([Self.decryption(of: dual)])
            #expect(same.first?.changed == false && same.first?.ciphertext == dual)

            bench.source.closeWindow(Self.field)
            bench.clock.advance(seconds: 1)
            let anew = try await bench.rewrap([Self.decryption(of: dual)])
            let plain = anew.first?.ciphertext ?? []
            #expect(anew.first?.changed == true)
            #expect(try Self.header(plain).form == .plain(.aes256GCM))
            #expect(try Self.header(plain).version.rawValue == second)
            #expect(try await bench.decrypt([Self.decryption(of: plain)]).first?.plaintext == Array("a".utf8))
        }
    }

    @Test func rebindSealsUnderBoth() async throws {
        try await Self.withRotated { bench, first, _, old in
            let sealed = try await bench.sealed(Self.item())
            let results = try await bench.rebind(
                [old, sealed].map {
                    Proto.RebindItem(
                        field: Self.field, ciphertext: $0, recordID: .integer(1), context: [3], newRecordID: .integer(2)
                    )
                })
            for result in results {
                let moved = result.ciphertext ?? []
                #expect(try Self.header(moved).form == .dual(before: try #require(KeyVersion(rawValue: first))))
                let opened = try await bench.decrypt([
                    Proto.DecryptItem(field: Self.field, ciphertext: moved, recordID: .integer(2))
                ])
                #expect(opened.first?.plaintext == Array("a".utf8))
            }
        }
    }

    /// Nothing more is sealed beside a version that was revoked.
    @Test func aRevokedPartnerEndsTheGrant() async throws {
        try await Self.withRotated { bench, first, _, _ in
            _ = try await bench.sealed(Self.item())
            bench.source.refuse(Self.field, version: first, as: .versionCompromised)
            bench.source.closeWindow(Self.field)
            bench.store.remove(KeySelector(field: Self.field, version: first))
            #expect(try Self.header(try await bench.sealed(Self.item())).form == .plain(.aes256GCM))
        }
    }

    @Test func whatIsAlteredIsRefused() async throws {
        try await Self.withRotated { bench, _, _, _ in
            let sealed = try await bench.sealed(Self.item())
            let items = stride(from: 0, to: sealed.count, by: 7).map { index in
                var changed = sealed
                changed[index] ^= 1
                return Self.decryption(of: changed)
            }
            for result in try await bench.decrypt(items) { #expect(result.error?.message == "ciphertext rejected") }
            let moved = try await bench.decrypt([
                Proto.DecryptItem(field: Self.field, ciphertext: sealed, recordID: .integer(2), context: [3])
            ])
            #expect(moved.first?.error == Proto.ItemError(.tag))
        }
    }

    @Test func valuesOfTwoVersionsDrawOnNoBudgetOfNonces() async throws {
        try await Self.withRotated { bench, first, _, _ in
            _ = try await bench.sealed(Self.item())
            let active = try #require(bench.store.entry(for: .active(Self.field), at: bench.clock.now()))
            #expect(active.material.suite.hasSealLimit && !active.material.countsNonces)
            #expect(active.material.partner?.version.rawValue == first)
        }
    }
}
