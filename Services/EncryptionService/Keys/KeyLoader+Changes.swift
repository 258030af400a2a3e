import Logging

/// What the stream of changes does to the cache.
extension KeyLoader {
    /// How often an answer may be overtaken by a change before the load fails.
    static let attempts = 4

    /// A version may not be used any more.
    func revoke(_ selector: KeySelector) {
        store.revoke(selector, at: clock.now())
        forgetRefusals([.active(selector.field)])
    }

    /// Nothing that is held is known to hold still.
    func revokeAll() { store.revokeAll(at: clock.now()) }

    /// Loads what is held again, and only then puts it in the place of what it was: no call waits for it. What cannot be
    /// loaded is forgotten.
    func reload(_ selectors: some Sequence<KeySelector>) async {
        let selectors = Array(selectors)
        store.expectNewer(selectors, at: clock.now())
        forgetRefusals(selectors)
        let held = selectors.filter { store.holds($0) }
        if held.contains(.auditHash), case .failure = await fetchHashKey() { store.removeAuditHash() }
        var rest = held.filter { $0 != .auditHash }[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(limits.selectorsPerCall))
            rest = rest.dropFirst(batch.count)
            for (selector, answer) in await fetchFieldKeys(batch) {
                if case .failure = answer { store.remove(selector) }
            }
        }
    }

    /// Loads keys; an answer that a change has overtaken is asked for again.
    func fetchFieldKeys(_ selectors: [KeySelector]) async -> [(KeySelector, Answer)] {
        var answers: [(KeySelector, Answer)] = []
        var rest = selectors
        if let signs, !signs.areFresh(at: clock.now()) {
            // Nothing is known of rotations and revocations: no permission to seal is renewed.
            answers = rest.filter(\.isActive).map { ($0, .failure(.keysUnavailable)) }
            rest.removeAll(where: \.isActive)
        }
        for _ in 0..<Self.attempts where !rest.isEmpty {
            let requested = clock.now()
            do throws(ItemFailure) {
                let results = try await source.fieldKeys(rest)
                guard results.count == rest.count else { throw .unexpected }
                var overtaken: [KeySelector] = []
                for (selector, result) in zip(rest, results) {
                    switch result {
                    case .success(let material):
                        if let entry = keep(material, answering: selector, requested: requested) {
                            answers.append((selector, .key(entry)))
                        } else {
                            overtaken.append(selector)
                        }
                    case .failure(let failure): answers.append((selector, refuse(selector, failure)))
                    }
                }
                rest = overtaken
            } catch {
                logger.warning(
                    "field keys were not loaded", metadata: ["cause": "\(error.cause)", "count": "\(rest.count)"])
                return answers + rest.map { ($0, .failure(error)) }
            }
        }
        return answers + rest.map { ($0, .failure(.keysConflict)) }
    }
}
