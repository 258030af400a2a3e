import FieldsealCrypto
import Synchronization

/// The key of a subject as key management granted it.
struct SubjectKeyMaterial: Sendable {
    let key: SubjectKey
    /// Seconds that key management allows the key to be kept.
    let ttl: UInt32
}

/// A cached subject key, shared by all event loops.
final class SubjectKeyEntry: CachedKey, Sendable {
    let key: SubjectKey
    let lifetime: CacheLifetime
    private let useMark = Atomic(false)

    init(key: SubjectKey, lifetime: CacheLifetime) {
        self.key = key
        self.lifetime = lifetime
    }

    /// Notes that the key was used; reads before it writes, so that loops do not fight over the cache line.
    func markUse() {
        if !useMark.load(ordering: .relaxed) { useMark.store(true, ordering: .relaxed) }
    }

    var isUsed: Bool { useMark.load(ordering: .relaxed) }

    func takeUseMark() -> Bool { useMark.exchange(false, ordering: .relaxed) }
}
