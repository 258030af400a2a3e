import ArgumentParser
import FieldsealServiceRuntime

struct FieldsealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fieldseal",
        abstract: "Operates a Fieldseal cluster: catalog, keys, master key, audit log, and single values.",
        discussion: """
            The configuration names the caller's certificate and the services:

                tls: {certificate: operator.pem, key: operator.key, ca: ca.pem}
                encryption:
                  addresses: ["127.0.0.1:7401"]
                  identity: spiffe://fieldseal.local/service/encryption
                keys: and audit: likewise

            It is read from the file given by --config or the variable FIELDSEAL_CONFIG; relative paths start at its folder.

            Exit status: 0 done, 1 the operation failed, 2 wrong usage or configuration, 3 denied by certificate or policy, \
            4 a service cannot be reached.
            """,
        version: FieldsealVersion.current,
        subcommands: [
            StatusCommand.self, CatalogCommand.self, EncryptCommand.self, DecryptCommand.self, KeysCommand.self,
            MasterCommand.self,
            UnsealCommand.self, RestoreCommand.self, AuditCommand.self, PolicyCommand.self, IndexCommand.self,
        ])
}

@main
enum Program {
    static func main() async {
        exitProcess(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line and returns its exit status.
    static func run(_ arguments: [String]) async -> ProgramStatus {
        let console = Console.current
        do {
            var command = try FieldsealCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            if FieldsealCommand.exitCode(for: error) == .success {
                console.show(FieldsealCommand.message(for: error))
                return .done
            }
            let failure = CommandFailure(any: error) { FieldsealCommand.fullMessage(for: $0) }
            console.complain(failure.text)
            return failure.status
        }
    }
}
