import FieldsealCrypto
import Synchronization

/// The key of a subject as key management granted it.
struct SubjectKeyMaterial: Sendable {
    let key: SubjectKey
    /// Of a compromised key: the one that the subject's values are sealed with now.
    var successor: SubjectKey?
    /// Seconds that key management allows the key to be kept.
    let ttl: UInt32
}

/// A cached subject key, shared by all event loops.
final class SubjectKeyEntry: CachedKey, Sendable {
    let key: SubjectKey
    /// Of a compromised key, which opens values that are sealed anew with this one, and nothing else.
    let successor: SubjectKey?
    let lifetime: CacheLifetime
    private let useMark = Atomic(false)
    private let revocation = Atomic(false)

    init(key: SubjectKey, successor: SubjectKey? = nil, lifetime: CacheLifetime) {
        self.key = key
        self.successor = successor
        self.lifetime = lifetime
    }

    /// Notes that the key was used; reads before it writes, so that loops do not fight over the cache line.
    func markUse() {
        if !useMark.load(ordering: .relaxed) { useMark.store(true, ordering: .relaxed) }
    }

    var isUsed: Bool { useMark.load(ordering: .relaxed) }

    func takeUseMark() -> Bool { useMark.exchange(false, ordering: .relaxed) }

    /// The key was erased or superseded: calls that have loaded it and wait for their loop load again.
    func revoke() { revocation.store(true, ordering: .releasing) }

    var isRevoked: Bool { revocation.load(ordering: .acquiring) }
}
