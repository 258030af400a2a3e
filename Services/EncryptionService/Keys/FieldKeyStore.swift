import FieldsealCrypto
import Synchronization

/// The keys that the process holds, once each; event loops keep references and look again when the generation changes.
final class FieldKeyStore: Sendable {
    private struct State {
        var keys: FieldKeyCache<FieldKeyEntry>
        var subjects: FieldKeyCache<SubjectKeyEntry>
        /// Keys that were erased, for longer than an answer can be under way that was given before.
        var erased: NegativeCache<ObjectID, Bool>
        var auditHash: AuditHashEntry?
        /// When something was ended or changed: answers to what was asked before it may still be under way.
        var ended: [KeySelector: BootTime] = [:]
        var endedAll: BootTime?
        /// The same of the keys of subjects.
        var endedSubjects: BootTime?

        mutating func removeSubjects(where isEnded: (SubjectKeyEntry) -> Bool) {
            subjects.removeAll { _, entry in
                guard isEnded(entry) else { return false }
                entry.revoke()
                return true
            }
        }

        func isCurrent(_ selector: KeySelector, asked: BootTime) -> Bool {
            if let endedAll, asked < endedAll { return false }
            return ended[selector].map { asked >= $0 } ?? true
        }
    }

    /// Nanoseconds that an answer may be under way, at most.
    private static let slowestAnswer: UInt64 = 60 * .nanosecondsPerSecond

    private static let erasureMemory: UInt64 = 3_600 * .nanosecondsPerSecond

    private let state: Mutex<State>
    private let counter = Atomic<UInt64>(1)

    /// - Parameters:
    ///   - capacity: selectors held; a key takes one, an active key two.
    ///   - subjects: the same for keys of subjects; one that is sealed with takes two.
    init(capacity: Int, subjects: Int = 4_096) {
        state = Mutex(
            State(
                keys: FieldKeyCache(capacity: capacity), subjects: FieldKeyCache(capacity: subjects),
                erased: NegativeCache(capacity: 16_384, ttl: Self.erasureMemory)))
    }

    /// Rises with every change that ends or replaces what event loops keep.
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
    /// - Returns: false where the key, or what the selector names, was ended after it had been asked for; it is not kept.
    @discardableResult
    func insert(_ entry: FieldKeyEntry, answering selector: KeySelector, at now: BootTime) -> Bool {
        change { state in
            let version = KeySelector(field: selector.field, version: entry.material.version.rawValue)
            let asked = entry.lifetime.requested
            guard state.isCurrent(selector, asked: asked), state.isCurrent(version, asked: asked) else { return false }
            state.keys.insert(
                entry, field: selector.field, version: version.version, isActive: selector.isActive, at: now)
            return true
        }
    }

    /// - Returns: false where the key was changed after it had been asked for; it is not kept.
    @discardableResult
    func insert(_ entry: AuditHashEntry) -> Bool {
        change { state in
            guard state.isCurrent(.auditHash, asked: entry.lifetime.requested) else { return false }
            state.auditHash = entry
            return true
        }
    }

    func removeAuditHash() { change { $0.auditHash = nil } }

    /// Ends a version: it is forgotten, also as the active one and as a partner, and no answer that is under way brings it
    /// back.
    func revoke(_ selector: KeySelector, at now: BootTime) {
        change { state in
            state.ended[selector] = now
            state.ended[.active(selector.field)] = now
            state.keys.removeAll { other, entry in
                guard other.field == selector.field,
                    entry.material.version.rawValue == selector.version
                        || entry.material.partner?.version.rawValue == selector.version
                else { return false }
                entry.revoke()
                return true
            }
        }
    }

    /// What the selectors name has changed: answers that are under way are of before. What is held serves on.
    func expectNewer(_ selectors: [KeySelector], at now: BootTime) {
        state.withLock { state in
            for selector in selectors { state.ended[selector] = now }
        }
    }

    /// Ends everything.
    func revokeAll(at now: BootTime) {
        change { state in
            state.keys.removeAll { _, entry in
                entry.revoke()
                return true
            }
            state.removeSubjects { _ in true }
            state.auditHash = nil
            (state.endedAll, state.endedSubjects) = (now, now)
        }
    }

    /// What is held of fields and their keys.
    func selectors() -> [KeySelector] { state.withLock { $0.keys.selectors } }

    func holds(_ selector: KeySelector) -> Bool {
        state.withLock { selector == .auditHash ? $0.auditHash != nil : $0.keys.holds(selector) }
    }

    /// Key management no longer serves what the selector names. Nothing is sealed beside such a version either.
    func remove(_ selector: KeySelector) {
        change { state in
            guard selector.subject == nil else { return state.subjects.remove(selector) }
            state.keys.remove(selector)
            state.keys.removeAll {
                $0.field == selector.field && $1.material.partner?.version.rawValue == selector.version
            }
        }
    }

    func subject(for selector: KeySelector, at now: BootTime) -> SubjectKeyEntry? {
        state.withLock { $0.subjects.entry(for: selector, at: now) }
    }

    /// - Parameter selector: what was asked for; a key that was found by its subject's name stands under its id too.
    /// - Returns: false where the key was erased, or may have been superseded, after it had been asked for; it is not kept.
    func insert(_ entry: SubjectKeyEntry, answering selector: KeySelector, at now: BootTime) -> Bool {
        state.withLock { state in
            if let ended = state.endedSubjects, entry.lifetime.requested < ended { return false }
            guard state.erased.reason(for: entry.key.id, at: now) == nil else { return false }
            let byID = KeySelector.subject(.key(entry.key.id), of: selector.field)
            state.subjects.add(entry, under: selector == byID ? [byID] : [selector, byID], at: now)
            return true
        }
    }

    /// A subject's key was erased: nothing of it stays here, nor on an event loop.
    func erase(_ id: ObjectID, at now: BootTime) {
        state.withLock { state in
            state.erased.insert(id, reason: true, at: now)
            state.removeSubjects { $0.key.id == id }
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }

    /// Keys of subjects may no longer be what they were: none is kept here, nor on an event loop.
    func removeSubjects(at now: BootTime) {
        state.withLock { state in
            state.endedSubjects = now
            state.removeSubjects { _ in true }
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }

    /// Forgets what has expired.
    func sweep(at now: BootTime) {
        change { state in
            state.ended = state.ended.filter { now.elapsed(since: $0.value) < Self.slowestAnswer }
            state.keys.sweep(at: now)
            state.subjects.sweep(at: now)
            if let hash = state.auditHash, now >= hash.lifetime.expires { state.auditHash = nil }
        }
    }

    /// What is due to be loaded again: keys that were used since they were loaded and are ageing, and the hash key.
    func dueForRefresh(at now: BootTime) -> [KeySelector] {
        state.withLock { state in
            var due = state.keys.dueForRefresh(at: now) + state.subjects.dueForRefresh(at: now)
            if state.auditHash?.lifetime.phase(at: now) != .fresh { due.append(.auditHash) }
            return due
        }
    }

    private func change<Answer: Sendable>(_ body: (inout State) -> Answer) -> Answer {
        let (answer, changed) = state.withLock { state in
            let before = (state.keys.generation, state.subjects.generation)
            let hash = state.auditHash
            let answer = body(&state)
            let after = (state.keys.generation, state.subjects.generation)
            return (answer, after != before || state.auditHash !== hash)
        }
        if changed { counter.add(1, ordering: .acquiringAndReleasing) }
        return answer
    }
}
