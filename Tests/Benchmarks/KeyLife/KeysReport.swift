import Foundation

/// The figures of the life of keys. Times are in microseconds.
struct KeysReport: Encodable, Sendable {
    var replicas: Int
    var figures: [Figure] = []
    /// Of the load.
    var calls = 0
    var failedCalls = 0
    var firstFailure: String?

    init(replicas: Int) {
        self.replicas = replicas
        tell(Figure.heading)
    }

    mutating func add(_ figure: Figure) {
        figures.append(figure)
        tell(figure.line)
    }

    mutating func add(_ name: String, _ times: [Duration], limit: Duration? = nil) {
        add(Figure(name, times, limit: limit))
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
}
