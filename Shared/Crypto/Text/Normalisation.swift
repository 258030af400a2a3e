/// Unicode normalisation (UAX #15) with tables of a fixed version, so that it never changes under an index.
enum Normalisation {
    /// NFKC(casefold(NFKD(text))).
    static func foldedForm(_ scalars: [UInt32]) -> [UInt32] {
        if scalars.allSatisfy({ $0 < 0x80 }) {
            return scalars.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        }
        var folded: [UInt32] = []
        for scalar in decomposed(scalars) {
            if let folding = tables.foldings[scalar] { folded += folding } else { folded.append(scalar) }
        }
        return composed(decomposed(folded))
    }

    private static let tables = Tables()

    /// The tables, parsed once.
    private struct Tables: Sendable {
        let decompositions = parse(UnicodeTables.decompositions)
        let foldings = parse(UnicodeTables.foldings)
        let compositions: [UInt64: UInt32]
        let combiningClasses: [UInt32: UInt32]

        init() {
            compositions = Dictionary(
                uniqueKeysWithValues: entries(UnicodeTables.compositions).compactMap { pair, composite in
                    guard pair.count == 2, let composite = composite.first else { return nil }
                    return (UInt64(pair[0]) << 32 | UInt64(pair[1]), composite)
                })
            combiningClasses = parse(UnicodeTables.combiningClasses).compactMapValues(\.first)
        }
    }

    private static func parse(_ table: StaticString) -> [UInt32: [UInt32]] {
        Dictionary(
            uniqueKeysWithValues: entries(table).compactMap { key, value in key.first.map { ($0, value) } })
    }

    private static func entries(_ table: StaticString) -> [(key: [UInt32], value: [UInt32])] {
        table.withUTF8Buffer { bytes in
            bytes.split(separator: UInt8(ascii: ";")).compactMap { entry in
                let sides = entry.split(separator: UInt8(ascii: ":")).map { side in
                    side.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "+") }.map { digits in
                        digits.reduce(UInt32(0)) { $0 << 4 | UInt32(Hexadecimal.value(of: $1) ?? 0) }
                    }
                }
                return sides.count == 2 ? (sides[0], sides[1]) : nil
            }
        }
    }
}

// MARK: - Decomposition and composition

extension Normalisation {
    private enum Hangul {
        static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
        static let leading: Range<UInt32> = 0x1100..<0x1113
        static let vowels: Range<UInt32> = 0x1161..<0x1176
        static let trailing: Range<UInt32> = 0x11A7..<0x11C3
    }

    /// NFKD: compatibility decompositions in canonical order.
    private static func decomposed(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count * 2)
        for scalar in scalars {
            if Hangul.syllables.contains(scalar) {
                let index = scalar - Hangul.syllables.lowerBound
                result.append(Hangul.leading.lowerBound + index / 588)
                result.append(Hangul.vowels.lowerBound + index % 588 / 28)
                if index % 28 > 0 { result.append(Hangul.trailing.lowerBound + index % 28) }
            } else if let decomposition = tables.decompositions[scalar] {
                result += decomposition
            } else {
                result.append(scalar)
            }
        }
        sortMarks(&result)
        return result
    }

    /// Stable order by combining class within each run of marks.
    private static func sortMarks(_ scalars: inout [UInt32]) {
        var start = 0
        while start < scalars.count {
            guard combiningClass(scalars[start]) > 0 else {
                start += 1
                continue
            }
            let end = scalars[start...].firstIndex { combiningClass($0) == 0 } ?? scalars.count
            let run = scalars[start..<end].enumerated().sorted {
                (combiningClass($0.element), $0.offset) < (combiningClass($1.element), $1.offset)
            }
            scalars.replaceSubrange(start..<end, with: run.map(\.element))
            start = end
        }
    }

    private static func combiningClass(_ scalar: UInt32) -> UInt32 {
        scalar < 0x300 ? 0 : tables.combiningClasses[scalar] ?? 0
    }

    /// Canonical composition of a decomposed text (UAX #15, D117).
    private static func composed(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastClass: UInt32 = 0
        for scalar in scalars {
            let ownClass = combiningClass(scalar)
            if let starter, starter == result.count - 1 || lastClass != 0 && lastClass < ownClass,
                let composite = composite(result[starter], scalar)
            {
                result[starter] = composite
                continue
            }
            if ownClass == 0 { starter = result.count }
            lastClass = ownClass
            result.append(scalar)
        }
        return result
    }

    private static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Hangul.leading.contains(first), Hangul.vowels.contains(second) {
            return Hangul.syllables.lowerBound
                + ((first - Hangul.leading.lowerBound) * 21 + second - Hangul.vowels.lowerBound) * 28
        }
        if Hangul.syllables.contains(first), (first - Hangul.syllables.lowerBound) % 28 == 0,
            Hangul.trailing.dropFirst().contains(second)
        {
            return first + second - Hangul.trailing.lowerBound
        }
        return tables.compositions[UInt64(first) << 32 | UInt64(second)]
    }
}
