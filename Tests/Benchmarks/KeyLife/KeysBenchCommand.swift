import ArgumentParser
import FieldsealClient
import Foundation

/// Measures the life of keys under load.
struct KeysBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Measure derivation, rotation and the reach of a purge, with load running.",
        discussion: """
            JSON on standard output, a table on standard error. Declares tables bench_* in the catalog, rotates their keys and \
            declares some of them compromised: for a cluster made for it, as Tests/Benchmarks/keys makes one. Status 1 where a \
            call of the load fails.
            """)

    @Option(help: ArgumentHelp("Client configuration of an operator.", valueName: "file"))
    var operatorConfig: String

    @Option(
        help: ArgumentHelp(
            "Client configuration of the load, whose encryption addresses are the replicas.", valueName: "file"))
    var loadConfig: String

    @Option(help: "Callers that encrypt and decrypt at each replica.")
    var callers = 2

    @Option(help: "Calls to encrypt, and as many to decrypt, that each of them makes in a second.")
    var rate = 50

    @Option(help: "Values of a call.")
    var batch = 1

    @Option(help: "Rotations of one field's key; a service lets one identity rotate 200 keys at a time.")
    var rotations = 150

    @Option(help: "Milliseconds between two of them.")
    var pause = 100

    @Option(help: "Tables under the master key.")
    var tables = 1000

    @Option(help: "Fields of each of these tables.")
    var fieldsEach = 10

    @Option(help: "Rotations of the master key.")
    var masterRotations = 5

    @Option(help: "Keys that are compromised, one after the other.")
    var purges = 20

    func validate() throws {
        guard callers > 0, (1...100_000).contains(rate), (1...1000).contains(batch),
            (0...60_000).contains(pause),
            (1...190).contains(rotations + masterRotations),
            (1...1000).contains(purges),
            (1...10_000).contains(tables), (1...100).contains(fieldsEach), masterRotations > 0
        else { throw ValidationError("a number is out of bounds") }
    }

    func run() async throws {
        let load = try ClientConfiguration.load(loadConfig)
        guard let service = load.encryption else {
            throw ValidationError("the configuration of the load names no encryption service")
        }
        var report = KeysReport(replicas: service.addresses.count)
        for figure in try DerivationLoop.figures(duration: .seconds(1)) + [DerivationLoop.scrypt()] {
            report.add(Figure(figure.name, microseconds: figure.microseconds, limit: figure.limit))
        }
        let administrator = try FieldsealClient(configuration: try ClientConfiguration.load(operatorConfig))
        let background = try BackgroundLoad(
            configurations: service.addresses.map { address in
                var single = load
                single.encryption = .init(addresses: [address], identity: service.identity)
                return single
            }, field: KeysBench.loadedField)
        let bench = KeysBench(command: self, client: administrator, load: background)
        do {
            let settled = report
            report = try await bench.run(into: settled)
        } catch {
            await background.shutdown()
            await administrator.shutdown()
            throw error
        }
        await background.shutdown()
        await administrator.shutdown()
        print(try report.json())
        if report.failedCalls > 0 { throw ExitCode.failure }
    }
}
