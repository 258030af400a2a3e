import ArgumentParser
import FieldsealClient

struct MasterBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write an encrypted backup of the key store to a file.",
        discussion: """
            It is encrypted under the backup key of the service's configuration, without which it opens nothing; the master key \
            in it stays wrapped by its custodians. The file appears when it is whole: written, flushed, and read back.
            """)

    @Option(name: .long, help: ArgumentHelp("The file, which must not exist.", valueName: "file"))
    var out: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let file = try BackupFile(path: out)
        let revision = try await connection.withClient { client in
            var revision: UInt64 = 0
            for try await chunk in try client.keys.backup(options: connection.callOptions) {
                try file.write(chunk.data)
                if chunk.last { revision = chunk.revision }
            }
            return revision
        }
        let digest = Hexadecimal.encode(try file.finish())
        if output.json {
            let json = JSON.object([
                ("file", .string(out)), ("bytes", .unsigned(file.count)), ("sha-256", .string(digest)),
                ("revision", .unsigned(revision)),
            ])
            Console.current.show(json.text())
        } else {
            Console.current.show("\(out): \(file.count) bytes, store revision \(revision), SHA-256 \(digest)")
        }
    }
}
