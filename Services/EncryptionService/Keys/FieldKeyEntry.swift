import Synchronization

/// A cached key: immutable but for the marks of its use and its end, shared by all event loops.
final class FieldKeyEntry: CachedKey, Sendable {
    let material: FieldKeyMaterial
    let lifetime: CacheLifetime
    /// What may be sealed under it; nil where that has no limit, or nothing may.
    let seals: SealBudget?
    private let useMark = Atomic(false)
    private let revocation = Atomic(false)

    init(material: FieldKeyMaterial, lifetime: CacheLifetime, seals: SealBudget? = nil) {
        self.material = material
        self.lifetime = lifetime
        self.seals = seals
    }

    /// Notes that the key was used; reads before it writes, so that loops do not fight over the cache line.
    @inline(__always)
    func markUse() {
        if !useMark.load(ordering: .relaxed) { useMark.store(true, ordering: .relaxed) }
    }

    var isUsed: Bool { useMark.load(ordering: .relaxed) }

    func takeUseMark() -> Bool { useMark.exchange(false, ordering: .relaxed) }

    /// The version may not be used any more: calls that have loaded the key and wait for their loop load again.
    func revoke() { revocation.store(true, ordering: .releasing) }

    var isRevoked: Bool { revocation.load(ordering: .acquiring) }
}
