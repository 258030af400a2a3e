import Synchronization

/// The keys that the process holds, once each; event loops keep references and look again when the generation changes.
final class FieldKeyStore: Sendable {
    private struct State {
        var keys: FieldKeyCache<FieldKeyEntry>
        var auditHash: AuditHashEntry?
    }

    private let state: Mutex<State>
    private let counter = Atomic<UInt64>(1)

    /// - Parameter capacity: selectors held; a key takes one, an active key two.
    init(capacity: Int) {
        state = Mutex(State(keys: FieldKeyCache(capacity: capacity)))
    }

    /// Rises with every change.
    var generation: UInt64 { counter.load(ordering: .acquiring) }

    func entry(for selector: KeySelector, at now: BootTime) -> FieldKeyEntry? {
        state.withLock { $0.keys.entry(for: selector, at: now) }
    }

    func auditHash(at now: BootTime) -> AuditHashEntry? {
        state.withLock { state in
            state.auditHash.flatMap { now < $0.lifetime.expires ? $0 : nil }
        }
    }

    /// - Parameter selector: what was asked for; the active one's answer stands under its version too.
    func insert(_ entry: FieldKeyEntry, answering selector: KeySelector, at now: BootTime) {
        change {
            $0.keys.insert(
                entry, field: selector.field, version: entry.material.version.rawValue, isActive: selector.isActive,
                at: now)
        }
    }

    func insert(_ entry: AuditHashEntry) {
        change { $0.auditHash = entry }
    }

    /// Key management no longer serves what the selector names.
    func remove(_ selector: KeySelector) {
        change { $0.keys.remove(selector) }
    }

    /// Forgets what has expired.
    func sweep(at now: BootTime) {
        change { state in
            state.keys.sweep(at: now)
            if let hash = state.auditHash, now >= hash.lifetime.expires { state.auditHash = nil }
        }
    }

    /// What is due to be loaded again: keys that were used since they were loaded and are ageing, and the hash key.
    func dueForRefresh(at now: BootTime) -> [KeySelector] {
        state.withLock { state in
            var due = state.keys.dueForRefresh(at: now)
            if state.auditHash?.lifetime.phase(at: now) != .fresh { due.append(.auditHash) }
            return due
        }
    }

    private func change(_ body: (inout sending State) -> Void) {
        let changed = state.withLock { state in
            let before = state.keys.generation
            let hash = state.auditHash
            body(&state)
            return state.keys.generation != before || state.auditHash !== hash
        }
        if changed { counter.add(1, ordering: .acquiringAndReleasing) }
    }
}
