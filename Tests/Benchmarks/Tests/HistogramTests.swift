import Testing

@testable import Benchmarks

@Suite struct HistogramTests {
    @Test(arguments: 1...40)
    func percentilesAreExactToTheirPrecision(octaves: Int) throws {
        var histogram = Histogram()
        var values: [UInt64] = []
        for _ in 0..<2000 {
            let value = UInt64.random(in: 0..<(1 << UInt64.random(in: 1...UInt64(octaves))))
            histogram.record(value)
            values.append(value)
        }
        values.sort()
        for fraction in [0.001, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[Int((2000 * fraction).rounded(.up)) - 1]
            let found = histogram.percentile(fraction)
            #expect(found >= exact && Double(found - exact) <= Double(exact) / 64)
        }
    }

    @Test func holdsTheWholeRange() {
        var histogram = Histogram()
        #expect(histogram.percentile(0.5) == 0)
        histogram.record(.max)
        histogram.record(0)
        #expect(histogram.percentile(0.5) == 0)
        #expect(histogram.percentile(1) == .max && histogram.largest == .max)
    }

    @Test func sumsUp() {
        var (first, second) = (Histogram(), Histogram())
        for value in 1...100 as ClosedRange<UInt64> { first.record(value) }
        for value in 101...200 as ClosedRange<UInt64> { second.record(value) }
        first.add(second)
        #expect(first.count == 200 && first.largest == 200)
        #expect((100...101).contains(first.percentile(0.5)))
    }
}
