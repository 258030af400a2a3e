/// A month of the calendar in UTC, by which the log's rows are kept together.
struct LogMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Year and month as one number, e.g. 202611.
    let rawValue: Int32

    /// Nil where the number names no month between 1970-01 and 9999-12.
    init?(rawValue: Int32) {
        guard (197_001...999_912).contains(rawValue), (1...12).contains(rawValue % 100) else { return nil }
        self.rawValue = rawValue
    }

    /// The one of a time, which is taken as the nearest that the calendar here has.
    /// - Parameter microseconds: since 1970-01-01 UTC.
    init(unixMicroseconds microseconds: Int64) {
        let latest: Int64 = 2_932_896
        let days = min(max(0, microseconds / 86_400_000_000), latest)
        // Years that begin with March have the leap day at their end; eras have 400 of them.
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.init(count: Int32(year * 12 + month - 1))
    }

    /// - Parameter count: of months since year 0.
    private init(count: Int32) { rawValue = count / 12 * 100 + count % 12 + 1 }

    private var count: Int32 { rawValue / 100 * 12 + rawValue % 100 - 1 }

    /// So many months later, or earlier where it is negative; no further than the calendar here goes.
    func advanced(by months: Int) -> LogMonth {
        let count = min(max(Int(self.count) + months, 1_970 * 12), 9_999 * 12 + 11)
        return LogMonth(count: Int32(count))
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// As ISO 8601 writes it, e.g. 2026-11.
    var description: String {
        let (year, month) = (rawValue / 100, rawValue % 100)
        return "\(year)-\(month < 10 ? "0" : "")\(month)"
    }

    /// - Parameter description: a year of four digits, a hyphen, a month of two.
    init?(_ description: String) {
        let digits = Array(description.utf8)
        guard digits.count == 7, digits[4] == UInt8(ascii: "-"),
            let year = Int32(String(decoding: digits[..<4], as: UTF8.self)),
            let month = Int32(String(decoding: digits[5...], as: UTF8.self)), year >= 0, month >= 0
        else { return nil }
        self.init(rawValue: year * 100 + month)
    }
}
