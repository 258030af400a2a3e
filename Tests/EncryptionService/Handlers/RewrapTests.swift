import FieldsealMessages
import Testing

@testable import EncryptionService

@Suite struct RewrapTests {
    @Test(arguments: [Proto.Encoding.binary, .text])
    func sealsAnewUnderTheNewestVersion(encoding: Proto.Encoding) async throws {
        try await HandlerBench.run { bench in
            let first = bench.source.addField("users.email", rowBound: true)
            let sealed = try await bench.sealed(
                Proto.EncryptItem(field: "users.email", plaintext: [1, 2], recordID: .integer(1), context: [3]),
                encoding: encoding)
            let item = Proto.DecryptItem(field: "users.email", ciphertext: sealed, recordID: .integer(1), context: [3])
            let same = try await bench.rewrap([item], encoding: encoding)
            #expect(same.first?.ciphertext == sealed)
            #expect(same.first?.changed == false)

            let second = bench.source.rotate("users.email")
            #expect(first != second)
            bench.clock.advance(seconds: 1)
            let anew = try await bench.rewrap([item], encoding: encoding)
            #expect(anew.first?.changed == true)
            let rewrapped = anew.first?.ciphertext ?? []
            #expect(rewrapped != sealed)
            let opened = try await bench.decrypt(
                [Proto.DecryptItem(field: "users.email", ciphertext: rewrapped, recordID: .integer(1), context: [3])],
                encoding: encoding)
            #expect(opened.first?.plaintext == [1, 2])
            let again = try await bench.rewrap([item], encoding: encoding)
            #expect(again.first?.changed == true)
        }
    }

    @Test func goesOnUnderTheKnownVersionWhileKeyManagementIsDown() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            let sealed = try await bench.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1]))
            bench.source.setOutage(.keysUnavailable)
            bench.clock.advance(seconds: 3)
            let results = try await bench.rewrap([Proto.DecryptItem(field: "users.email", ciphertext: sealed)])
            #expect(results.first?.ciphertext == sealed)
            #expect(results.first?.changed == false)
        }
    }

    @Test func doesNotPassOnWhatDoesNotOpen() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            var sealed = try await bench.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1, 2]))
            sealed[sealed.count - 1] ^= 1
            let results = try await bench.rewrap([Proto.DecryptItem(field: "users.email", ciphertext: sealed)])
            #expect(results.first?.error == Proto.ItemError(.tag))
        }
    }

    @Test func rebindsToAnotherRowAndRecordsBoth() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email", rowBound: true)
            let sealed = try await bench.sealed(
                Proto.EncryptItem(field: "users.email", plaintext: [1, 2], recordID: .integer(1)))
            let answer: Proto.RebindResponse = try await bench.call(
                .rebind,
                Proto.RebindRequest(items: [
                    Proto.RebindItem(
                        field: "users.email", ciphertext: sealed, recordID: .integer(1), newRecordID: .integer(2),
                        newContext: [5]),
                    Proto.RebindItem(
                        field: "users.email", ciphertext: sealed, recordID: .integer(3), newRecordID: .integer(2)),
                    Proto.RebindItem(field: "users.email", ciphertext: sealed, recordID: .integer(1)),
                ]))
            let moved = answer.results.first?.ciphertext ?? []
            #expect(answer.results.map { $0.error } == [nil, Proto.ItemError(.tag), Proto.ItemError(.recordRequired)])
            let opened = try await bench.decrypt([
                Proto.DecryptItem(field: "users.email", ciphertext: moved, recordID: .integer(2), context: [5]),
                Proto.DecryptItem(field: "users.email", ciphertext: moved, recordID: .integer(1), context: [5]),
            ])
            #expect(opened[0].plaintext == [1, 2])
            #expect(opened[1].error == Proto.ItemError(.tag))
            let success = await bench.events(of: .rebind, items: 4).filter { $0.outcome == 0 }
            #expect(success.reduce(0) { $0 + $1.recordHashes.count } == 32)
        }
    }
}
