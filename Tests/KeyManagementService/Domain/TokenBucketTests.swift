import Testing

@testable import KeyManagementService

@Suite struct TokenBucketTests {
    @Test func aBurstThenTheSteadyRate() {
        var bucket = TokenBucket(capacity: 3, refillMicroseconds: 10, nowUnixUs: 0)
        #expect(takes(&bucket, at: [0, 0, 0, 0]) == [true, true, true, false])
        // What was left over is counted on, neither forgotten nor given twice.
        #expect(takes(&bucket, at: [9, 10, 19, 20]) == [false, true, false, true])
        #expect(takes(&bucket, at: [900, 900, 900, 900]) == [true, true, true, false], "no more than a burst")
    }

    @Test func aClockThatGoesBackGivesNothing() {
        var bucket = TokenBucket(capacity: 1, refillMicroseconds: 10, nowUnixUs: 1_000)
        #expect(takes(&bucket, at: [1_000, 0, 1_005, 1_010]) == [true, false, false, true])
    }

    private func takes(_ bucket: inout TokenBucket, at times: [Int64]) -> [Bool] {
        times.map { bucket.take(nowUnixUs: $0) }
    }
}
