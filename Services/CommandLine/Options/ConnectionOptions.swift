import ArgumentParser
import FieldsealClient

/// How to reach the services.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Configuration file; without it, the one that FIELDSEAL_CONFIG names.", valueName: "file"))
    var config: String?

    @Option(name: .long, help: ArgumentHelp("Seconds that a call may take.", valueName: "seconds"))
    var timeout: UInt32 = 30

    var callOptions: CallOptions { CallOptions(timeout: .seconds(timeout)) }

    func validate() throws {
        guard timeout > 0 else { throw ValidationError("--timeout wants at least 1 second") }
    }

    /// Runs `body` with a client, which is shut down afterwards.
    func withClient<Result>(_ body: (FieldsealClient) async throws -> Result) async throws -> Result {
        try await withClient(of: try ClientConfiguration.load(config), body)
    }

    func withClient<Result>(
        of configuration: ClientConfiguration, _ body: (FieldsealClient) async throws -> Result
    ) async throws -> Result {
        let client: FieldsealClient
        do {
            client = try Console.current.connect(configuration)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

/// The form of the answer.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, for programs.")
    var json = false
}
