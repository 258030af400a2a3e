import Testing

@testable import EncryptionService

@Suite struct CacheLifetimeTests {
    @Test func passesFromFreshOverAgeingToExpired() {
        let start = BootTime(nanoseconds: 1_000)
        let life = CacheLifetime(requested: start, ttl: 100, spread: 0)
        #expect(life.phase(at: start) == .fresh)
        #expect(life.phase(at: start.advanced(by: 60 * .nanosecondsPerSecond - 1)) == .fresh)
        #expect(life.phase(at: start.advanced(by: 60 * .nanosecondsPerSecond)) == .ageing)
        #expect(life.phase(at: start.advanced(by: 100 * .nanosecondsPerSecond - 1)) == .ageing)
        #expect(life.phase(at: start.advanced(by: 100 * .nanosecondsPerSecond)) == .expired)
    }

    @Test func spreadsTheRefreshOverAFifthOfTheLife() {
        let start = BootTime(nanoseconds: 0)
        let latest = CacheLifetime(requested: start, ttl: 100, spread: 255)
        #expect(latest.refreshes == start.advanced(by: 80 * .nanosecondsPerSecond))
    }

    @Test func aLifeOfNoSecondsIsOverAtOnce() {
        let start = BootTime(nanoseconds: 5)
        #expect(CacheLifetime(requested: start, ttl: 0, spread: 9).phase(at: start) == .expired)
    }

    @Test func theEndOfTimeIsNotPassed() {
        let life = CacheLifetime(requested: BootTime(nanoseconds: .max - 1), ttl: .max, spread: 255)
        #expect(life.expires == BootTime(nanoseconds: .max))
    }
}
