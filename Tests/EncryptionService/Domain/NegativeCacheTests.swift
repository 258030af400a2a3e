import Testing

@testable import EncryptionService

@Suite struct NegativeCacheTests {
    private let start = BootTime(nanoseconds: 100)

    @Test func remembersUntilItsTimeIsOver() {
        var cache = NegativeCache<Int, String>(capacity: 4, ttl: 10)
        cache.insert(1, reason: "unknown", at: start)
        #expect(cache.reason(for: 1, at: start.advanced(by: 9)) == "unknown")
        #expect(cache.reason(for: 1, at: start.advanced(by: 10)) == nil)
        #expect(cache.reason(for: 2, at: start) == nil)
    }

    @Test func theOldestMakesRoom() {
        var cache = NegativeCache<Int, Bool>(capacity: 3, ttl: 1_000)
        for key in 0..<100 {
            cache.insert(key, reason: true, at: start)
            #expect(cache.count <= 3)
        }
        #expect(cache.reason(for: 96, at: start) == nil)
        for key in 97..<100 { #expect(cache.reason(for: key, at: start) == true) }
    }

    @Test func aForgottenKeyIsAskedForAgainAndMayReturn() {
        var cache = NegativeCache<Int, Bool>(capacity: 2, ttl: 1_000)
        cache.insert(1, reason: true, at: start)
        cache.expire(1)
        #expect(cache.reason(for: 1, at: start) == nil)
        cache.insert(1, reason: false, at: start)
        #expect(cache.reason(for: 1, at: start) == false)
        #expect(cache.count == 1)
    }
}
