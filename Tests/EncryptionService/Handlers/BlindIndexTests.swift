import FieldsealMessages
import Testing

@testable import EncryptionService

@Suite struct BlindIndexTests {
    private func request(_ items: [Proto.BlindIndexItem]) -> Proto.BlindIndexRequest {
        Proto.BlindIndexRequest(items: items)
    }

    @Test func equalValuesHaveEqualIndexesOverBothMethods() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField(
                "users.email",
                indexes: [
                    .init(name: "exact", id: .random(), bits: 128, normaliser: .email),
                    .init(name: "short", id: .random(), bits: 12, normaliser: .none),
                ])
            let value = Array("Anna@Example.org".utf8)
            let sealed = try await bench.encrypt([
                Proto.EncryptItem(field: "users.email", plaintext: value, indexes: ["short", "exact"])
            ])
            let answer: Proto.BlindIndexResponse = try await bench.call(
                .blindIndex,
                request([
                    Proto.BlindIndexItem(field: "users.email", plaintext: value, indexes: ["exact"]),
                    Proto.BlindIndexItem(
                        field: "users.email", plaintext: Array(" anna@example.ORG".utf8), indexes: ["exact"]),
                    Proto.BlindIndexItem(field: "users.email", plaintext: value, indexes: ["other"]),
                    Proto.BlindIndexItem(field: "users.email", plaintext: [0xFF], indexes: ["exact"]),
                ]))
            #expect((sealed.first?.indexes ?? []).map(\.count) == [2, 16])
            #expect(answer.results[0].indexes == [sealed.first?.indexes.last])
            #expect(answer.results[1].indexes == answer.results[0].indexes)
            #expect(answer.results[2].error == Proto.ItemError(.indexUnknown))
            #expect(answer.results[3].error == Proto.ItemError(.indexInput))
        }
    }

    @Test func partsOfTextsAreSearchedByTerms() async throws {
        try await HandlerBench.run { bench in
            let filter = FieldProfile.Index(
                name: "parts", id: .random(), bits: 512, normaliser: .casefold, kind: .trigram(hashes: 3))
            let exact = FieldProfile.Index(name: "exact", id: .random(), bits: 128, normaliser: .none)
            bench.source.addField("users.email", indexes: [filter, exact])
            let sealed = try await bench.encrypt([
                Proto.EncryptItem(
                    field: "users.email", plaintext: Array("Anna@Example.org".utf8), indexes: ["parts", "exact"])
            ])
            func item(_ text: [UInt8], _ index: String = "parts", term: Bool = true) -> Proto.BlindIndexItem {
                .init(field: "users.email", plaintext: text, indexes: [index], term: term)
            }
            let answer: Proto.BlindIndexResponse = try await bench.call(
                .blindIndex,
                request([
                    item(Array("a@EXAM".utf8)), item(Array("other".utf8)), item(Array("an".utf8)),
                    item(Array("an".utf8), term: false), item(Array("anna".utf8), "exact"), item([0x61, 0xFF, 0x61]),
                ]))
            let value = try #require(sealed.first?.indexes.first)
            #expect(sealed.first?.indexes.map(\.count) == [64, 16])
            func holds(_ term: [UInt8]?) -> Bool { zip(value, term ?? []).allSatisfy { $0 & $1 == $1 } }
            #expect(answer.results[0].indexes.map(\.count) == [64])
            #expect(holds(answer.results[0].indexes.first))
            #expect(!holds(answer.results[1].indexes.first))
            #expect(answer.results[2].error == Proto.ItemError(.indexTermShort))
            #expect(answer.results[3].indexes == [[UInt8](repeating: 0, count: 64)])
            #expect(answer.results[4].error == Proto.ItemError(.indexTerm))
            #expect(answer.results[5].error == Proto.ItemError(.indexInput))
        }
    }

    @Test func aPairNeedsBothValuesAndBothRights() async throws {
        try await HandlerBench.run { bench in
            let pair = FieldProfile.Index(
                name: "pair", id: .random(), bits: 128, normaliser: .casefold, kind: .pair(.none), beside: "born")
            let exact = FieldProfile.Index(name: "exact", id: .random(), bits: 128, normaliser: .none)
            bench.source.addField("users.email", indexes: [pair, exact])
            func item(_ value: String, _ beside: String, _ index: String = "pair") -> Proto.BlindIndexItem {
                .init(
                    field: "users.email", plaintext: Array(value.utf8), indexes: [index], beside: Array(beside.utf8))
            }
            let answer: Proto.BlindIndexResponse = try await bench.call(
                .blindIndex, request([item("ANN", "1"), item("ann", "1"), item("ann1", ""), item("ann", "1", "exact")]))
            #expect(answer.results[0].indexes.first?.count == 16)
            #expect(answer.results[0].indexes == answer.results[1].indexes)
            #expect(answer.results[2].indexes != answer.results[1].indexes)
            #expect(answer.results[3].error == Proto.ItemError(.indexBeside))
            let response: Proto.EncryptResponse = try await bench.call(
                .encrypt,
                Proto.EncryptRequest(items: [
                    Proto.EncryptItem(field: "users.email", plaintext: [1], indexes: ["pair"])
                ]))
            #expect(response.results.first?.outcome == .error(Proto.ItemError(.indexBeside)))
        }
    }

    @Test func describesAField() async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField(
                "users.email", suite: .xaes256GCM, rowBound: true, keyColumns: ["a", "b"])
            let answer: Proto.DescribeFieldResponse = try await bench.call(
                .describeField, Proto.DescribeFieldRequest(fields: ["users.email", "users.none", "other.field"]))
            guard case .description(let description) = answer.results[0].outcome else {
                Issue.record("no description")
                return
            }
            #expect(description.activeVersion == version)
            #expect(description.suite == .xaes256GCM)
            #expect(description.rowBound)
            #expect(description.keyColumns == ["a", "b"])
            #expect(answer.results[1].outcome == .error(Proto.ItemError(.fieldUnknown)))
            #expect(answer.results[2].outcome == .error(Proto.ItemError(.denied)))
        }
    }
}
