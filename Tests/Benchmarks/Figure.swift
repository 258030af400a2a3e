import Foundation

/// Times of one thing that was measured over and over, in microseconds.
struct Figure: Encodable, Sendable {
    static let heading =
        "                                                                   count    p50 µs    p99 µs  longest µs   limit µs"

    var name: String
    var count: Int
    var p50: Double
    var p99: Double
    var longest: Double
    /// What the 99th percentile should stay below.
    var limit: Double?

    init(_ name: String, microseconds: Double, limit: Double?) {
        self.name = name
        count = 1
        (p50, p99, longest) = (microseconds, microseconds, microseconds)
        self.limit = limit
    }

    init(_ name: String, _ times: [Duration], limit: Duration? = nil) {
        let sorted = times.map { $0 / .microseconds(1) }.sorted()
        /// The least that `fraction` of all do not pass.
        func percentile(_ fraction: Double) -> Double {
            sorted.isEmpty ? 0 : sorted[max(1, Int((Double(sorted.count) * fraction).rounded(.up))) - 1]
        }
        self.name = name
        count = times.count
        (p50, p99, longest) = (percentile(0.5), percentile(0.99), sorted.last ?? 0)
        self.limit = limit.map { $0 / .microseconds(1) }
    }

    var line: String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func cell(_ value: Double?, _ width: Int) -> String {
            padded(value.map { String(format: $0 < 100 ? "%.2f" : "%.0f", $0) } ?? "-", width)
        }
        return name + String(repeating: " ", count: max(1, 66 - name.count)) + padded(String(count), 6)
            + cell(p50, 10) + cell(p99, 10) + cell(longest, 12) + cell(limit, 11)
    }
}
