import FieldsealCrypto

extension CatalogIndex {
    /// The declaration in a line.
    var summary: String {
        let pair = kind.isPair ? "beside \(beside), " : ""
        return "\(pair)\(kind.words)\(bits) bits, normaliser \(normaliser)"
    }
}

extension IndexKind {
    fileprivate var words: String {
        switch self {
        case .equality: ""
        case .pair(let normaliser): "whose normaliser is \(normaliser), "
        case .prefix(let lengths, let hashes):
            "prefixes of \(lengths.lowerBound) to \(lengths.upperBound) characters, \(hashes) hashes, "
        case .trigram(let hashes): "trigrams, \(hashes) hashes, "
        }
    }

    /// What whoever reads the index learns, though not the values.
    var leakage: String {
        switch self {
        case .equality: "it shows which rows hold equal values, and how often each"
        case .pair: "it shows which rows hold equal pairs of values, and how often each"
        case .prefix: "it shows which values begin alike, and how often: frequent beginnings can be told by that"
        case .trigram:
            "it shows which values have parts in common, and how many: whoever knows some values, or the language, can guess others"
        }
    }
}
