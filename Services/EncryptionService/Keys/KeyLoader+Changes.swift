import FieldsealCrypto
import Logging

/// What the stream of changes does to the cache.
extension KeyLoader {
    /// A version may not be used any more.
    func revoke(_ selector: KeySelector) {
        store.revoke(selector, at: clock.now())
        forgetRefusals([.active(selector.field)])
    }

    /// A subject's key was erased: it is gone from the cache and from every event loop, and no answer that is still under
    /// way brings it back.
    func subjectErased(_ id: ObjectID) { store.erase(id, at: clock.now()) }

    /// The keys of all subjects are asked for anew.
    func forgetSubjects() { store.removeSubjects(at: clock.now()) }

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
}
