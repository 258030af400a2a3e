/// What a call has to wait for.
struct MissingKeys: Sendable {
    var selectors: Set<KeySelector> = []
    /// Values to seal under the active version of a field, as far as that is counted.
    var seals: [KeySelector: Int] = [:]

    var isEmpty: Bool { selectors.isEmpty }

    mutating func add(_ selector: KeySelector) { selectors.insert(selector) }

    mutating func add(seals count: Int, of field: String) {
        let selector = KeySelector.active(field)
        selectors.insert(selector)
        seals[selector, default: 0] += count
    }

    mutating func removeAll() {
        guard !isEmpty else { return }
        selectors.removeAll(keepingCapacity: true)
        seals.removeAll(keepingCapacity: true)
    }
}
