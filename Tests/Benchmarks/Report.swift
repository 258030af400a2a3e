import Foundation

/// The figures as they are printed. Times are in microseconds, memory in bytes.
struct Report: Encodable {
    struct Settings: Encodable {
        var connections: Int
        var inFlight: Int
        var threads: Int
        var seconds: Double
        var field: String
        var cores: Int
    }

    /// A bare loop on one core.
    struct Ceiling: Encodable {
        var operation: String
        var size: Int
        var valuesPerSecond: Double
    }

    struct Server: Encodable {
        var cpuSeconds: Double
        var peakMemory: Int
    }

    struct Run: Encodable {
        var name: String
        var operation: String
        var size: Int
        var batch: Int
        var calls: Int
        var errors: Int
        var firstError: String?
        var seconds: Double
        var callsPerSecond: Double
        var valuesPerSecond: Double
        var p50: Double
        var p99: Double
        var p999: Double
        var longest: Double
        var clientCPUSeconds: Double
        /// Warm-up included.
        var servers: [String: Server]
    }

    var settings: Settings
    var ceilings: [Ceiling] = []
    var runs: [Run] = []

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension Report.Run {
    static let heading =
        "run                       calls/s    values/s    p50 µs    p99 µs  p99.9 µs  errors  CPU s, peak MB of each server"

    var line: String {
        let usage = servers.sorted { $0.key < $1.key }.map { name, server in
            "\(name) \(number(server.cpuSeconds, 2)) s \(number(Double(server.peakMemory) / 1e6, 0)) MB"
        }
        let cells = [
            padded(number(callsPerSecond, 0), 9), padded(number(valuesPerSecond, 0), 11), padded(number(p50, 0), 9),
            padded(number(p99, 0), 9), padded(number(p999, 0), 9), padded(String(errors), 7),
        ]
        let title = name + String(repeating: " ", count: max(0, 24 - name.count))
        return title + cells.joined(separator: " ") + "  " + usage.joined(separator: ", ")
    }

    private func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
