import FieldsealClient
import Foundation

/// The measurements against a cluster, one after the other, with the load running.
struct KeysBench: Sendable {
    static let loadedField = "bench_load.value"
    private static let purgedTable = "bench_purged"
    /// As many as key management takes in one call.
    private static let fieldsOfCall = 500

    let command: KeysBenchCommand
    let client: FieldsealClient
    let load: BackgroundLoad

    private var options: CallOptions { CallOptions(timeout: .seconds(280)) }

    func run(into report: KeysReport) async throws -> KeysReport {
        var report = report
        try await declare(&report)
        report.add("Status without load (baseline)", try await statusTimes())
        let interval = Duration.seconds(1) / command.rate
        report = try await load.run(callers: command.callers, batch: command.batch, interval: interval) { [report] in
            var report = report
            try await settle()
            report.add("Status with load (baseline)", try await statusTimes())
            report.add("rotate one FEK", try await rotationTimes(), limit: .milliseconds(20))
            report.add(
                "rotate the master key over \(command.tables) tables, \(command.tables * command.fieldsEach) fields",
                try await masterTimes(), limit: .seconds(1))
            let (called, reached) = try await purgeTimes()
            report.add("compromise one FEK, until answered", called)
            report.add("its purge, from answer to \(report.replicas) replicas", reached, limit: .milliseconds(100))
            return report
        }
        report.count(load.take())
        return report
    }

    /// The tables, and a key for each field of them.
    private func declare(_ report: inout KeysReport) async throws {
        func table(_ name: String, fields: [String]) -> CatalogTable {
            CatalogTable(
                name: name, keyColumns: ["id"],
                fields: fields.map { CatalogField(name: $0, sensitivity: .high, suite: .aes256GCM, rowBound: true) })
        }
        let names = (0..<command.fieldsEach).map { "f\($0)" }
        var tables = try await client.keys.catalog(options: options).tables.filter { !$0.name.hasPrefix("bench_") }
        tables.append(table("bench_load", fields: ["value"]))
        tables.append(table(Self.purgedTable, fields: (0..<command.purges).map { "p\($0)" }))
        let many = (0..<command.tables).map { table("bench_\($0)", fields: names) }
        let declared = tables + many
        report.add(
            "declare \(many.count) tables of \(names.count) fields",
            try await times(1) { _ in _ = try await client.keys.applyCatalog(declared, options: options) })
        let fields = many.flatMap { table in table.fields.map { "\(table.name).\($0.name)" } }
        let parts = stride(from: 0, to: fields.count, by: Self.fieldsOfCall).map {
            Array(fields[$0..<min($0 + Self.fieldsOfCall, fields.count)])
        }
        report.add(
            "make the keys of \(Self.fieldsOfCall) of them",
            try await times(parts.count) { part in
                for result in try await client.keys.ensureFieldKeys(parts[part], options: options) {
                    _ = try result.get()
                }
            })
    }

    /// Until the load's calls succeed: a replica may have to fetch its keys first.
    private func settle() async throws {
        try await Task.sleep(for: .seconds(1))
        let first = load.take()
        guard first.failures == 0, first.calls > 0 else {
            throw BenchmarkError("the load does not run: \(first.firstFailure ?? "no call was answered")")
        }
    }

    private func statusTimes() async throws -> [Duration] {
        try await times(200) { _ in _ = try await client.keys.status(options: options) }
    }

    /// Each begins when all replicas work with the version before, and a while after.
    private func rotationTimes() async throws -> [Duration] {
        var times: [Duration] = []
        let clock = ContinuousClock()
        for _ in 0..<command.rotations {
            let start = clock.now
            _ = try await client.keys.rotate([Self.loadedField], options: options)[0].get()
            times.append(clock.now - start)
            let revision = try await client.keys.status(options: options).revision
            _ = try await client.keys.propagation(of: revision, wait: .seconds(10), options: options)
            try await Task.sleep(for: .milliseconds(command.pause))
        }
        return times
    }

    private func masterTimes() async throws -> [Duration] {
        try await times(command.masterRotations) { _ in
            _ = try await client.keys.rotate(["master"], options: options)[0].get()
        }
    }

    /// How long a compromise took, and then until every replica had acknowledged it.
    private func purgeTimes() async throws -> (called: [Duration], reached: [Duration]) {
        let fields = (0..<command.purges).map { "\(Self.purgedTable).p\($0)" }
        for result in try await client.keys.ensureFieldKeys(fields, options: options) { _ = try result.get() }
        var called: [Duration] = []
        var reached: [Duration] = []
        let clock = ContinuousClock()
        for field in fields {
            let start = clock.now
            let revision = try await client.keys.compromise(
                field, reason: "benchmark", suspectedSince: 0, options: options
            ).revision
            let answered = clock.now
            let watchers = try await client.keys.propagation(of: revision, wait: .seconds(10), options: options)
                .watchers
            let reachedCount = watchers.filter(\.acknowledged).count
            guard reachedCount >= load.replicas else {
                throw BenchmarkError("\(reachedCount) of \(load.replicas) replicas have acknowledged in 10 s")
            }
            called.append(answered - start)
            reached.append(clock.now - answered)
        }
        return (called, reached)
    }

    private func times(_ count: Int, _ body: (Int) async throws -> Void) async rethrows -> [Duration] {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for index in 0..<count {
            let start = clock.now
            try await body(index)
            times.append(clock.now - start)
        }
        return times
    }
}

func tell(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
