import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

struct BlindIndexTests {
    private let id = ObjectID(high: 1, low: 2)

    private func index(
        _ text: String, _ normaliser: IndexNormaliser = .none, bits: Int = 256, id: ObjectID? = nil, key: UInt8 = 1
    ) throws -> [UInt8] {
        let index = try BlindIndex(
            key: secret([UInt8](repeating: key, count: 32)), id: id ?? self.id, normaliser: normaliser, bits: bits)
        return try Array(text.utf8).withBytes { text throws(CryptoError) in try index.compute(text) }
    }

    @Test func equalValuesHaveEqualIndexes() throws {
        #expect(try index("a") == index("a"))
        #expect(try index("a") != index("b"))
        #expect(try index("a") != index("a", key: 2))
        #expect(try index("a") != index("a", id: .zero))
        #expect(try index("a") != index("a", .casefold))
        #expect(try index("a") != index(""))
    }

    @Test(arguments: 1...256)
    func keepsTheDeclaredBits(bits: Int) throws {
        let value = try index("a", bits: bits)
        #expect(value.count == (bits + 7) / 8)
        let unused = value.count * 8 - bits
        #expect(Int((value.last ?? 0).trailingZeroBitCount) >= unused)
        // Indexes of different widths share no key.
        if bits >= 64, bits < 256 { #expect(try index("a").prefix(7) != value.prefix(7)) }
    }

    @Test(arguments: [-1, 0, 257, Int.max])
    func otherWidthsAreRefused(bits: Int) {
        #expect(refusal { _ = try index("a", bits: bits) } == .parameter)
    }

    @Test func normalisers() throws {
        #expect(try index(" Ann@Example.ORG\t", .email) == index("ann@example.org", .email))
        #expect(try index("STRASSE", .casefold) == index("straße", .casefold))
        #expect(try index("ﬁne", .casefold) == index("FINE", .casefold))
        #expect(try index(" a ", .casefold) != index("a", .casefold))
        #expect(try index("\u{3000}a\u{2009}", .trim) == index("a", .trim))
        #expect(try index("A", .trim) != index("a", .trim))
        #expect(try index("e\u{301}", .casefold) == index("É", .casefold))
        #expect(try index("e\u{301}", .none) != index("\u{E9}", .none))
    }

    @Test(arguments: [
        ("+49 (30) 123", "4930123"), ("0049/30-123", "4930123"), ("49 30 123", "4930123"), ("030 123", "030123"),
        ("tel. 00 1 2", "12"), ("+0012", "0012"), ("0", "0"), ("00", ""), ("0+01", "1"), ("＋４９", "49"), ("٣", ""),
        ("", ""),
    ])
    func phoneNumbers(text: String, digits: String) throws {
        #expect(try normalised(text, .phoneDigits) == digits)
    }

    @Test(arguments: [
        ("4111 1111 1111 1234", "1234"), ("078-05-1120", "1120"), ("12", "12"), ("1½2", "1122"), ("no", ""),
    ])
    func lastFourDigits(text: String, digits: String) throws {
        #expect(try normalised(text, .lastFour) == digits)
    }

    private func normalised(_ text: String, _ normaliser: IndexNormaliser) throws -> String {
        let bytes = try Array(text.utf8).withBytes { text throws(CryptoError) in try normaliser.normalise(text) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func pairsAreToldApart() throws {
        func pair(_ value: String, _ beside: String, _ kind: IndexKind = .pair(.none)) throws -> [UInt8] {
            let index = try BlindIndex(
                key: secret([UInt8](repeating: 1, count: 32)), id: id, normaliser: .trim, bits: 128, kind: kind)
            var output = [UInt8](repeating: 0, count: 16)
            try Array(value.utf8).withBytes { value throws(CryptoError) in
                try Array(beside.utf8).withBytes { beside throws(CryptoError) in
                    try output.withMutableBytes { output throws(CryptoError) in
                        try index.compute(value, beside: beside, into: output)
                    }
                }
            }
            return output
        }
        let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("c", "ab")]
        #expect(Set(try pairs.map { try pair($0.0, $0.1) }).count == pairs.count)
        #expect(try pair(" ab ", "c") == pair("ab", "c"))
        #expect(try pair("ab", " c") != pair("ab", "c"))
        #expect(try pair("ab", "c", .pair(.trim)) != pair("ab", "c"))
        #expect(refusal { _ = try pair("ab", "c", .equality) } == .parameter)
        let index = try BlindIndex(
            key: secret([UInt8](repeating: 1, count: 32)), id: id, normaliser: .none, bits: 128, kind: .pair(.none))
        let code = refusal { _ = try Array("a".utf8).withBytes { a throws(CryptoError) in try index.compute(a) } }
        #expect(code == .parameter)
    }

    @Test func textThatIsNotUTF8IsRefusedWhereItMustBe() throws {
        for normaliser in IndexNormaliser.allCases {
            let index = try BlindIndex(
                key: secret([UInt8](repeating: 1, count: 32)), id: id, normaliser: normaliser, bits: 64)
            let code = refusal {
                _ = try ([0xC3, 0x28] as [UInt8]).withBytes { text throws(CryptoError) in try index.compute(text) }
            }
            #expect(code == (normaliser == .none ? nil : .text))
        }
    }
}

struct NormalisationTests {
    private func folded(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in Normalisation.foldedForm(text.unicodeScalars.map(\.value)) {
            if let scalar = Unicode.Scalar(scalar) { result.append(scalar) }
        }
        return String(result)
    }

    @Test(
        "UAX #15 and CaseFolding",
        arguments: [
            ("ABCxyz", "abcxyz"), ("\u{C5}ngstr\u{F6}m", "\u{E5}ngstr\u{F6}m"), ("\u{212B}", "\u{E5}"),
            ("ﬀ", "ff"), ("①", "1"), ("ｶﾞ", "ガ"), ("ẞ", "ss"), ("Σίσυφος", "σίσυφοσ"), ("İ", "i\u{307}"),
            ("\u{AC01}", "\u{AC01}"), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("\u{1E9B}\u{323}", "\u{1E69}"), ("\u{2126}", "ω"), ("\u{FDFA}", "صلى الله عليه وسلم"), ("𝕳", "h"),
            ("\u{10FFFF}", "\u{10FFFF}"), ("", ""),
        ])
    func forms(text: String, expected: String) {
        #expect(Array(folded(text).unicodeScalars) == Array(expected.unicodeScalars))
        #expect(Array(folded(folded(text)).unicodeScalars) == Array(expected.unicodeScalars))
    }
}

struct AuditHashTests {
    @Test func dependsOnKeyTableAndRecord() throws {
        var hashes: Set<[UInt8]> = []
        for key in [UInt8(1), 2] {
            let hash = try AuditHash(key: secret([UInt8](repeating: key, count: 32)))
            for table in [ObjectID(high: 0, low: 1), ObjectID(high: 0, low: 2)] {
                for number in [Int64(1), 2] {
                    for _ in 0..<2 {
                        var output = [UInt8](repeating: 0, count: 16)
                        let record = try record(number)
                        try output.withMutableBytes { output throws(CryptoError) in
                            try record.withUnsafeBytes { record throws(CryptoError) in
                                try hash.hash(table: table, recordID: record, into: output)
                            }
                        }
                        hashes.insert(output)
                    }
                }
            }
        }
        #expect(hashes.count == 8)
    }
}
