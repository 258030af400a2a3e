import ArgumentParser
import FieldsealClient
import Foundation

@main
struct BenchmarkProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fieldseal-bench", abstract: "Measure a cluster.",
        subcommands: [BenchCommand.self, KeysBenchCommand.self, AuditBenchCommand.self, QueriesBenchCommand.self],
        defaultSubcommand: BenchCommand.self)
}

/// Loads an encryption service and prints how it fared.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load an encryption service over mutual TLS and print its figures.",
        discussion: """
            JSON on standard output, a table on standard error. Each connection keeps a number of calls in flight: an answer lets the \
            next call go. Health.Check on the same connections and AES-256-GCM in a bare loop on one core are the ceilings. The \
            field must exist, and be open to the certificate of the configuration for encrypt and decrypt.
            """)

    @Option(
        help: ArgumentHelp("Client configuration; without it, the one that FIELDSEAL_CONFIG names.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The field, as table.field; of one integer key column.", valueName: "field"))
    var field = "metrics.tags"

    @Option(help: "Connections.")
    var connections = 4

    @Option(help: ArgumentHelp("Calls in flight, over all connections.", valueName: "calls"))
    var inFlight = 256

    @Option(
        help: ArgumentHelp("Calls in flight where a call carries a batch, over all connections.", valueName: "calls"))
    var batchInFlight = 16

    @Option(help: "Event loops of this program.")
    var threads = 1

    @Option(help: ArgumentHelp("Measured time of each run.", valueName: "seconds"))
    var duration = 5.0

    @Option(help: ArgumentHelp("Time before it that does not count.", valueName: "seconds"))
    var warmUp = 1.0

    @Option(help: ArgumentHelp("Most calls of each run; without it, until its time is over.", valueName: "number"))
    var calls: Int?

    @Option(help: ArgumentHelp("Sizes of the values in bytes, separated by commas.", valueName: "bytes"))
    var sizes = "64,1024,16384"

    @Option(help: ArgumentHelp("Values a call, separated by commas.", valueName: "numbers"))
    var batches = "1,100"

    @Option(
        help: ArgumentHelp(
            "What to run, of health, encrypt, decrypt and cipher-loop, separated by commas.", valueName: "names"))
    var only = "health,encrypt,decrypt,cipher-loop"

    @Option(
        name: .customLong("server"),
        help: ArgumentHelp("A server process to watch; can be repeated.", valueName: "name=pid"))
    var servers: [WatchedServer] = []

    func validate() throws {
        guard connections > 0, threads > 0, inFlight >= connections, batchInFlight >= connections else {
            throw ValidationError("at least one connection, one thread, and one call in flight a connection are wanted")
        }
        guard duration > 0, warmUp >= 0, duration + warmUp < 86_400 else {
            throw ValidationError("--duration and --warm-up are times in seconds")
        }
        guard calls ?? 1 > 0 else { throw ValidationError("--calls wants at least 1") }
        _ = try numbers(sizes, in: 0...(3 << 20))
        _ = try numbers(batches, in: 1...5000)
        let known = Workload.Operation.allCases.map(\.rawValue) + ["cipher-loop"]
        for name in names where !known.contains(name) {
            throw ValidationError("--only knows \(known.joined(separator: ", "))")
        }
    }

    func run() async throws {
        guard let service = try ClientConfiguration.load(config).encryption else {
            throw ValidationError("the configuration names no encryption service")
        }
        var report = Report(
            settings: Report.Settings(
                connections: connections, inFlight: inFlight, threads: threads, seconds: duration, field: field,
                cores: ProcessInfo.processInfo.activeProcessorCount))
        if names.contains("cipher-loop") { report.ceilings = try measureCeilings() }
        let bench = try await Bench(
            command: self, configuration: try ClientConfiguration.load(config), service: service)
        tell(Report.Run.heading)
        do {
            for workload in try workloads() {
                let run = try await bench.measure(workload)
                tell(run.line)
                report.runs.append(run)
            }
        } catch {
            try await bench.close()
            throw error
        }
        try await bench.close()
        print(try report.json())
        if report.runs.contains(where: { $0.errors > 0 }) { throw ExitCode.failure }
    }

    private func workloads() throws -> [Workload] {
        var workloads = names.contains("health") ? [Workload(operation: .health, size: 0, batch: 1)] : []
        for batch in try numbers(batches, in: 1...5000) {
            for size in try numbers(sizes, in: 0...(3 << 20)) {
                for operation in [Workload.Operation.encrypt, .decrypt] where names.contains(operation.rawValue) {
                    workloads.append(Workload(operation: operation, size: size, batch: batch))
                }
            }
        }
        return workloads
    }

    private func measureCeilings() throws -> [Report.Ceiling] {
        var ceilings: [Report.Ceiling] = []
        for size in try numbers(sizes, in: 0...(3 << 20)) {
            for opening in [false, true] {
                let rate = try CipherLoop.rate(opening: opening, size: size, duration: .seconds(min(1, duration)))
                ceilings.append(Report.Ceiling(operation: opening ? "open" : "seal", size: size, valuesPerSecond: rate))
                tell("cipher loop: \(opening ? "open" : "seal") \(size) B: \(Int(rate)) values/s on one core")
            }
        }
        return ceilings
    }

    private var names: [String] { only.split(separator: ",").map(String.init) }

    private func numbers(_ list: String, in range: ClosedRange<Int>) throws -> [Int] {
        try list.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let number = Int(text), range.contains(number) else {
                throw ValidationError(
                    "numbers of \(range.lowerBound) to \(range.upperBound), separated by commas, are wanted")
            }
            return number
        }
    }
}

/// A process and what to call it.
struct WatchedServer: ExpressibleByArgument, Sendable {
    let name: String
    let process: Int32

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let process = Int32(parts[1]), process > 0 else { return nil }
        name = String(parts[0])
        self.process = process
    }
}
