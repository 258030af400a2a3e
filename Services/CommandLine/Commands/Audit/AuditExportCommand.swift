import ArgumentParser
import FieldsealClient
import FieldsealTransparencyLog

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the whole log into a file that proves itself.",
        discussion: """
            JSON lines: the newest published checkpoint, then every leaf of its tree. `fieldseal audit verify --bundle` checks the \
            file without any service. The file holds what the log holds: keep it as you keep the log.
            """)

    @Argument(help: "The file to write.") var file: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let count = try await connection.withClient { client in
            let note = try await client.audit.publishedCheckpoint(connection.callOptions)
            let size = try Checkpoint(text: note.text).size
            let bundle = try LogBundle.Writer(file, note)
            do {
                var leaves = try client.audit.leaves(0..<size, options: connection.callOptions).makeAsyncIterator()
                var count: UInt64 = 0
                while let leaf = try await leaves.next() {
                    try bundle.append(leaf)
                    count += 1
                }
                guard count == size else {
                    throw CommandFailure(.failed, "the service sent \(count) of \(size) leaves")
                }
                try bundle.finish()
                return count
            } catch {
                bundle.remove()
                throw error
            }
        }
        Console.current.complain("wrote \(count) leaves; check them with fieldseal audit verify --bundle \(file)")
    }
}

extension AuditClient {
    /// The newest published checkpoint, which nobody has verified yet.
    func publishedCheckpoint(_ options: CallOptions) async throws -> SignedNote {
        guard let note = try? SignedNote(parsing: try await checkpoint(options: options)),
            (try? Checkpoint(text: note.text)) != nil
        else { throw CommandFailure(.failed, "the audit service answered no checkpoint") }
        return note
    }
}
