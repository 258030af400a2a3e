/// Counts of times in buckets that grow with the value (as HdrHistogram does): 64 buckets an octave, so that a percentile is
/// exact to 1.6%.
struct Histogram {
    private static let precisionBits = 6
    private var counts = [UInt64](repeating: 0, count: 64 << Self.precisionBits)
    private(set) var count: UInt64 = 0
    private(set) var largest: UInt64 = 0

    mutating func record(_ value: UInt64) {
        counts[Self.bucket(of: value)] += 1
        count += 1
        if value > largest { largest = value }
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        largest = max(largest, other.largest)
    }

    /// The least recorded value, to the histogram's precision, that `fraction` of all values do not pass; 0 where there are none.
    func percentile(_ fraction: Double) -> UInt64 {
        let wanted = max(1, UInt64((Double(count) * fraction).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucket) in counts.enumerated() {
            seen += bucket
            if seen >= wanted { return min(Self.upperEnd(of: index), largest) }
        }
        return largest
    }

    private static func bucket(of value: UInt64) -> Int {
        let exponent = 63 - max(value, 1).leadingZeroBitCount
        guard exponent > precisionBits else { return Int(value) }
        let mantissa = Int(truncatingIfNeeded: value >> UInt64(exponent - precisionBits)) & (1 << precisionBits - 1)
        return (exponent - precisionBits) << precisionBits + (1 << precisionBits) + mantissa
    }

    private static func upperEnd(of bucket: Int) -> UInt64 {
        guard bucket >= 2 << precisionBits else { return UInt64(bucket) }
        let exponent = UInt64(bucket >> precisionBits - 1)
        let mantissa = UInt64(bucket & (1 << precisionBits - 1)) | 1 << UInt64(precisionBits)
        return mantissa << exponent | (1 << exponent - 1)
    }
}
