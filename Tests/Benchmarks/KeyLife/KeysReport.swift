import Foundation

/// The figures of the life of keys. Times are in microseconds.
struct KeysReport: Encodable, Sendable {
    struct Figure: Encodable, Sendable {
        var name: String
        var count: Int
        var p50: Double
        var p99: Double
        var longest: Double
        /// What the 99th percentile should stay below.
        var limit: Double?
    }

    var replicas: Int
    var figures: [Figure] = []
    /// Of the load.
    var calls = 0
    var failedCalls = 0
    var firstFailure: String?

    init(replicas: Int) {
        self.replicas = replicas
        tell(
            "                                                                   count    p50 µs    p99 µs  longest µs   limit µs"
        )
    }

    mutating func add(_ name: String, microseconds: Double, limit: Double?) {
        append(Figure(name: name, count: 1, p50: microseconds, p99: microseconds, longest: microseconds, limit: limit))
    }

    mutating func add(_ name: String, _ times: [Duration], limit: Duration? = nil) {
        let sorted = times.map { $0 / .microseconds(1) }.sorted()
        /// The least that `fraction` of all do not pass.
        func percentile(_ fraction: Double) -> Double {
            sorted.isEmpty ? 0 : sorted[max(1, Int((Double(sorted.count) * fraction).rounded(.up))) - 1]
        }
        append(
            Figure(
                name: name, count: times.count, p50: percentile(0.5), p99: percentile(0.99), longest: sorted.last ?? 0,
                limit: limit.map { $0 / .microseconds(1) }))
    }

    mutating func count(_ tally: BackgroundLoad.Tally) {
        calls = tally.calls
        failedCalls = tally.failures
        firstFailure = tally.firstFailure
        tell("load: \(calls) calls, \(failedCalls) failed\(firstFailure.map { ": \($0)" } ?? "")")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    private mutating func append(_ figure: Figure) {
        figures.append(figure)
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func cell(_ value: Double?, _ width: Int) -> String {
            padded(value.map { String(format: $0 < 100 ? "%.2f" : "%.0f", $0) } ?? "-", width)
        }
        let title = figure.name + String(repeating: " ", count: max(1, 66 - figure.name.count))
        tell(
            title + padded(String(figure.count), 6) + cell(figure.p50, 10) + cell(figure.p99, 10)
                + cell(figure.longest, 12) + cell(figure.limit, 11))
    }
}
