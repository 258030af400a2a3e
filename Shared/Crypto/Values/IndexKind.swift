/// What a blind index answers.
public enum IndexKind: Hashable, Sendable {
    /// Which values are equal.
    case equality
    /// Which texts begin with a text: a Bloom filter of their prefixes of `lengths` code points, each of which sets
    /// `hashes` bits.
    case prefix(lengths: ClosedRange<Int>, hashes: Int)
    /// Which texts contain a text: a Bloom filter of their runs of three code points.
    case trigram(hashes: Int)
    /// Which values of two fields are equal, both of them; the normaliser is the second's.
    case pair(IndexNormaliser)
}

extension IndexKind {
    /// A kind as catalog and protocol write it; what says nothing of the kind is 0.
    public struct Numbers: Hashable, Sendable {
        /// 0 equality, 1 prefix, 2 trigram, 3 pair.
        public var kind: Int
        public var hashes: Int
        public var shortest: Int
        public var longest: Int
        /// The normaliser of a pair's second value.
        public var beside: Int

        public init(kind: Int = 0, hashes: Int = 0, shortest: Int = 0, longest: Int = 0, beside: Int = 0) {
            self.kind = kind
            self.hashes = hashes
            self.shortest = shortest
            self.longest = longest
            self.beside = beside
        }
    }

    public static let hashes = 1...8
    /// Code points of a prefix.
    public static let prefixLengths = 1...64
    /// Code points of a trigram, and so of the shortest text that can be looked for.
    public static let trigramLength = 3
    /// Of a filter; a multiple of 8.
    public static let filterBits = 64...4_096

    /// Nil where there is no such kind, or a number is out of its bounds.
    public init?(_ numbers: Numbers) {
        switch numbers.kind {
        case 0: self = .equality
        case 1:
            guard Self.hashes.contains(numbers.hashes), numbers.shortest <= numbers.longest,
                Self.prefixLengths.contains(numbers.shortest), Self.prefixLengths.contains(numbers.longest)
            else { return nil }
            self = .prefix(lengths: numbers.shortest...numbers.longest, hashes: numbers.hashes)
        case 2:
            guard Self.hashes.contains(numbers.hashes) else { return nil }
            self = .trigram(hashes: numbers.hashes)
        case 3:
            guard let normaliser = UInt8(exactly: numbers.beside).flatMap(IndexNormaliser.init(rawValue:)) else {
                return nil
            }
            self = .pair(normaliser)
        default: return nil
        }
        guard self.numbers == numbers else { return nil }
    }

    public var numbers: Numbers {
        switch self {
        case .equality: Numbers()
        case .prefix(let lengths, let hashes):
            Numbers(kind: 1, hashes: hashes, shortest: lengths.lowerBound, longest: lengths.upperBound)
        case .trigram(let hashes): Numbers(kind: 2, hashes: hashes)
        case .pair(let normaliser): Numbers(kind: 3, beside: Int(normaliser.rawValue))
        }
    }

    /// Whether its values are filters, which are compared bit by bit and not as a whole.
    public var isFilter: Bool {
        switch self {
        case .equality, .pair: false
        case .prefix, .trigram: true
        }
    }

    /// Whether it is computed over the values of two fields.
    public var isPair: Bool { if case .pair = self { true } else { false } }

    /// Whether an index of the kind can have so many bits.
    public func allows(bits: Int) -> Bool {
        isFilter ? Self.filterBits.contains(bits) && bits % 8 == 0 : (1...BlindIndex.maximumBits).contains(bits)
    }

    /// Whether parts of what the normaliser makes are parts of the value.
    public func allows(_ normaliser: IndexNormaliser) -> Bool { !isFilter || normaliser != .lastFour }

    /// Enters the derivation of the index's key.
    var info: [UInt8] {
        let numbers = numbers
        let code = UInt8(numbers.kind + 1)
        if case .pair(let normaliser) = self { return [code, normaliser.rawValue, normaliser.version] }
        guard isFilter else { return [code] }
        return [code, UInt8(numbers.hashes), UInt8(numbers.shortest), UInt8(numbers.longest)]
    }
}
