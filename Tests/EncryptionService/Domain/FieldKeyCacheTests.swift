import Testing

@testable import EncryptionService

@Suite struct FieldKeyCacheTests {
    final class Key: CachedKey {
        let name: String
        let lifetime: CacheLifetime
        var isUsed = false

        init(_ name: String, ttl: UInt32 = 100) {
            self.name = name
            lifetime = CacheLifetime(requested: BootTime(nanoseconds: 0), ttl: ttl, spread: 0)
        }

        func takeUseMark() -> Bool {
            defer { isUsed = false }
            return isUsed
        }
    }

    private let start = BootTime(nanoseconds: 0)

    @Test func anActiveKeyStandsUnderBothSelectors() {
        var cache = FieldKeyCache<Key>(capacity: 8)
        let before = cache.generation
        cache.insert(Key("one"), field: "a.b", version: 1, isActive: true, at: start)
        #expect(cache.generation != before)
        #expect(cache.entry(for: .active("a.b"), at: start)?.name == "one")
        #expect(cache.entry(for: KeySelector(field: "a.b", version: 1), at: start)?.name == "one")
        #expect(cache.entry(for: .active("a.c"), at: start) == nil)
    }

    @Test func anOlderVersionDoesNotBecomeTheActiveOne() {
        var cache = FieldKeyCache<Key>(capacity: 8)
        cache.insert(Key("new"), field: "a.b", version: 2, isActive: true, at: start)
        cache.insert(Key("old"), field: "a.b", version: 1, isActive: false, at: start)
        #expect(cache.entry(for: .active("a.b"), at: start)?.name == "new")
    }

    @Test func theExpiredIsNotServed() {
        var cache = FieldKeyCache<Key>(capacity: 8)
        cache.insert(Key("one", ttl: 1), field: "a.b", version: 1, isActive: true, at: start)
        let end = start.advanced(by: .nanosecondsPerSecond)
        #expect(cache.entry(for: .active("a.b"), at: end) == nil)
        #expect(cache.sweep(at: end) == 2)
        #expect(cache.count == 0)
    }

    @Test func afterARotationTheActiveVersionIsAskedForAgain() {
        var cache = FieldKeyCache<Key>(capacity: 8)
        cache.insert(Key("one"), field: "a.b", version: 1, isActive: true, at: start)
        cache.remove(.active("a.b"))
        #expect(cache.entry(for: .active("a.b"), at: start) == nil)
        #expect(cache.entry(for: KeySelector(field: "a.b", version: 1), at: start) != nil)
    }

    @Test func staysWithinItsCapacityAndSparesWhatIsUsed() {
        var cache = FieldKeyCache<Key>(capacity: 4)
        let hot = Key("hot")
        cache.insert(hot, field: "hot.field", version: 1, isActive: false, at: start)
        for version in 2...100 as ClosedRange<UInt64> {
            hot.isUsed = true
            cache.insert(Key("cold"), field: "cold.field", version: version, isActive: false, at: start)
            #expect(cache.count <= 4)
        }
        #expect(cache.entry(for: KeySelector(field: "hot.field", version: 1), at: start) != nil)
        #expect(cache.entry(for: KeySelector(field: "cold.field", version: 100), at: start) != nil)
        #expect(cache.entry(for: KeySelector(field: "cold.field", version: 2), at: start) == nil)
    }

    @Test func theExpiredMakesRoomFirst() {
        var cache = FieldKeyCache<Key>(capacity: 2)
        cache.insert(Key("long"), field: "a.long", version: 1, isActive: false, at: start)
        cache.insert(Key("short", ttl: 1), field: "a.short", version: 1, isActive: false, at: start)
        let later = start.advanced(by: 2 * .nanosecondsPerSecond)
        cache.insert(Key("next"), field: "a.next", version: 1, isActive: false, at: later)
        #expect(cache.entry(for: KeySelector(field: "a.long", version: 1), at: later) != nil)
        #expect(cache.entry(for: KeySelector(field: "a.next", version: 1), at: later) != nil)
    }

    @Test func whatWasUsedIsRefreshedAheadOfItsEnd() {
        var cache = FieldKeyCache<Key>(capacity: 8)
        let (active, old, idle) = (Key("active"), Key("old"), Key("idle"))
        cache.insert(active, field: "a.b", version: 2, isActive: true, at: start)
        cache.insert(old, field: "a.b", version: 1, isActive: false, at: start)
        cache.insert(idle, field: "a.c", version: 1, isActive: true, at: start)
        active.isUsed = true
        old.isUsed = true
        #expect(cache.dueForRefresh(at: start).isEmpty)
        let ageing = start.advanced(by: 60 * .nanosecondsPerSecond)
        #expect(Set(cache.dueForRefresh(at: ageing)) == [.active("a.b"), KeySelector(field: "a.b", version: 1)])
        let expired = start.advanced(by: 100 * .nanosecondsPerSecond)
        #expect(cache.dueForRefresh(at: expired).isEmpty)
    }
}
