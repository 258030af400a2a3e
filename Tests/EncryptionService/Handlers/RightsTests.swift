import FieldsealMessages
import FieldsealServiceRuntime
import Testing

@testable import EncryptionService

@Suite struct RightsTests {
    @Test func whatIsDeniedFetchesNoKeyAndIsRecorded() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            let results = try await bench.encrypt(
                [Proto.EncryptItem(field: "users.email", plaintext: [1])], as: HandlerBench.reader)
            #expect(results.first?.error == Proto.ItemError(.denied))
            #expect(bench.source.asked.isEmpty)
            let events = await bench.events(of: .encrypt, items: 1)
            #expect(events.count == 1)
            #expect(events.first?.outcome == 7)
            #expect(events.first?.cause == "policy")
            #expect(events.first?.actor == HandlerBench.reader)
            #expect(events.first?.requestIDs.count == 16)
            #expect(events.first?.traceIDs.count == 16)
        }
    }

    @Test func encryptingDeterministicallyIsARightOfItsOwn() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.tag", suite: .aes256SIV)
            bench.source.addField("users.email")
            let items = [
                Proto.EncryptItem(field: "users.tag", plaintext: [1]),
                Proto.EncryptItem(field: "users.email", plaintext: [1]),
            ]
            let denied = try await bench.encrypt(items, as: "spiffe://test/writer")
            #expect(denied[0].error == Proto.ItemError(.deterministicDenied))
            #expect(denied[1].ciphertext != nil)
            let granted = try await bench.encrypt(items)
            #expect(granted[0].ciphertext != nil)
            let again = try await bench.encrypt(items)
            #expect(again[0].ciphertext == granted[0].ciphertext)
        }
    }

    @Test func aReloadedPolicyHoldsFromTheNextCallOn() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            let item = Proto.EncryptItem(field: "users.email", plaintext: [1])
            let first = try await bench.encrypt([item])
            #expect(first.first?.ciphertext != nil)
            bench.policy.replace(with: try Policy(yaml: "version: 1\nrules: []\n", file: "policy.yaml"))
            let second = try await bench.encrypt([item])
            #expect(second.first?.error == Proto.ItemError(.denied))
        }
    }

    @Test func blindIndexesBesideACiphertextTakeTheirOwnRight() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(
                "users.email",
                indexes: [.init(name: "exact", id: .random(), bits: 128, normaliser: .email)])
            let item = Proto.EncryptItem(field: "users.email", plaintext: Array("a@b.c".utf8), indexes: ["exact"])
            let first = try await bench.encrypt([item], as: "spiffe://test/writer")
            #expect(first.first?.error == Proto.ItemError(.denied))
            let second = try await bench.encrypt([item])
            #expect((second.first?.indexes ?? []).map(\.count) == [16])
        }
    }
}
