import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

struct TextFilterTests {
    private func index(_ kind: IndexKind, _ normaliser: IndexNormaliser = .casefold, bits: Int = 512) throws
        -> BlindIndex
    {
        try BlindIndex(
            key: secret([UInt8](repeating: 1, count: 32)), id: ObjectID(high: 1, low: 2), normaliser: normaliser,
            bits: bits, kind: kind)
    }

    private func value(_ text: String, _ index: BlindIndex) throws -> [UInt8] {
        try Array(text.utf8).withBytes { text throws(CryptoError) in try index.compute(text) }
    }

    private func term(_ text: String, _ index: BlindIndex) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: index.byteCount)
        try Array(text.utf8).withBytes { text throws(CryptoError) in
            try output.withMutableBytes { output throws(CryptoError) in try index.compute(term: text, into: output) }
        }
        return output
    }

    private func holds(_ value: [UInt8], _ term: [UInt8]) -> Bool { zip(value, term).allSatisfy { $0 & $1 == $1 } }

    @Test func aValueHoldsItsBeginnings() throws {
        let index = try index(.prefix(lengths: 2...4, hashes: 3))
        let value = try value("Straßenbahn", index)
        for text in ["st", "STR", "stra", "STRASS", "straßenbahnhof"] { #expect(try holds(value, term(text, index))) }
        for text in ["tr", "sta", "xs"] { #expect(try !holds(value, term(text, index))) }
        #expect(refusal { _ = try term("s", index) } == .term)
        #expect(refusal { _ = try term("", index) } == .term)
        #expect(try !holds(self.value("s", index), term("st", index)))
        #expect(try self.value("", index).allSatisfy { $0 == 0 })
    }

    @Test func aValueHoldsItsParts() throws {
        let index = try index(.trigram(hashes: 3))
        let value = try value("Łódź, Straße 7", index)
        for text in ["łód", "strasse", ", s", "SE 7", "Łódź, Straße 7"] { #expect(try holds(value, term(text, index))) }
        for text in ["lod", "straße 8"] { #expect(try !holds(value, term(text, index))) }
        #expect(refusal { _ = try term("ab", index) } == .term)
        #expect(try term("ßa", index) == term("ssa", index))
    }

    @Test func partsAreNormalisedAsWhatTheyAreOf() throws {
        let prefixes = try index(.prefix(lengths: 1...8, hashes: 2), .trim)
        #expect(try holds(value("  ab cd ", prefixes), term(" ab ", prefixes)))
        #expect(try !holds(value("ab", prefixes), term("ab ", prefixes)))
        let trigrams = try index(.trigram(hashes: 2), .trim)
        #expect(try term(" ab", trigrams) != term("xab", trigrams))
        #expect(try !holds(value(" abc", trigrams), term(" ab", trigrams)))
        #expect(try holds(value("x abc", trigrams), term(" ab", trigrams)))
        let numbers = try index(.trigram(hashes: 2), .phoneDigits)
        #expect(try holds(value("+49 30 001 23", numbers), term("00-1", numbers)))
        let starts = try index(.prefix(lengths: 1...8, hashes: 2), .phoneDigits)
        #expect(try holds(value("0049 30", starts), term("+49", starts)))
    }

    @Test func aTextThatIsTooLongIsFoundByEverything() throws {
        let index = try index(.trigram(hashes: 1), bits: 4_096)
        let text = String(repeating: "a", count: TextFilter.longestText)
        #expect(try value(text, index).filter { $0 != 0 }.count == 1)
        #expect(try value(text + "a", index).allSatisfy { $0 == 0xFF })
    }

    @Test func kindsLengthsAndHashesShareNoKey() throws {
        let kinds: [IndexKind] = [
            .prefix(lengths: 3...3, hashes: 3), .prefix(lengths: 3...4, hashes: 3), .prefix(lengths: 3...3, hashes: 4),
            .trigram(hashes: 3), .trigram(hashes: 4),
        ]
        #expect(Set(try kinds.map { try value("abc", index($0)) }).count == kinds.count)
    }

    @Test(arguments: [63, 72, 4_096, 4_104, 65, 0])
    func bitsAreBounded(bits: Int) {
        let isAllowed = bits == 72 || bits == 4_096
        #expect(refusal { _ = try index(.trigram(hashes: 3), bits: bits) } == (isAllowed ? nil : .parameter))
    }

    @Test func theLastFourDigitsHaveNoParts() {
        #expect(refusal { _ = try index(.trigram(hashes: 3), .lastFour) } == .parameter)
        #expect(refusal { _ = try index(.equality, .lastFour, bits: 13) } == nil)
    }

    @Test func numbersGiveTheKindBackOrNone() {
        let kinds: [IndexKind] = [
            .equality, .prefix(lengths: 1...64, hashes: 1), .trigram(hashes: 8), .pair(.none), .pair(.lastFour),
        ]
        for kind in kinds { #expect(IndexKind(kind.numbers) == kind) }
        let refused: [IndexKind.Numbers] = [
            .init(kind: 4), .init(kind: 3, hashes: 1), .init(kind: 3, beside: 6), .init(beside: 1), .init(kind: -1),
            .init(hashes: 1), .init(shortest: 1), .init(kind: 1, hashes: 3),
            .init(kind: 1, hashes: 0, shortest: 1, longest: 2), .init(kind: 1, hashes: 9, shortest: 1, longest: 2),
            .init(kind: 1, hashes: 3, shortest: 3, longest: 2), .init(kind: 1, hashes: 3, shortest: 0, longest: 2),
            .init(kind: 1, hashes: 3, shortest: 1, longest: 65), .init(kind: 2), .init(kind: 2, hashes: 9),
            .init(kind: 2, hashes: 3, shortest: 1), .init(kind: 1, hashes: .max, shortest: .min, longest: .max),
        ]
        for numbers in refused { #expect(IndexKind(numbers) == nil, "\(numbers)") }
    }

    @Test func whatIsNoTextHasNoFilter() throws {
        let index = try index(.trigram(hashes: 3), .none)
        for isTerm in [false, true] {
            let code = refusal {
                try ([0xC3, 0x28, 0x61] as [UInt8]).withBytes { text throws(CryptoError) in
                    var output = [UInt8](repeating: 0, count: index.byteCount)
                    try output.withMutableBytes { output throws(CryptoError) in
                        if isTerm {
                            try index.compute(term: text, into: output)
                        } else {
                            try index.compute(text, into: output)
                        }
                    }
                }
            }
            #expect(code == .text)
        }
        #expect(refusal { _ = try term("abc", self.index(.equality, bits: 128)) } == .parameter)
    }
}
