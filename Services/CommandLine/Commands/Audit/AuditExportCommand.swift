import ArgumentParser
import FieldsealAuditVerification
import FieldsealClient
import FieldsealTransparencyLog

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the whole log into a file that proves itself.",
        discussion: """
            JSON lines: the newest published checkpoint, then every leaf of its tree but those that are archived. `fieldseal audit \
            verify --bundle` checks the file without any service, behind the archives where they are given, too. The file holds what \
            the log holds: keep it as you keep the log.
            """)

    @Argument(help: "The file to write.") var file: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let count = try await connection.withClient { client in
            let note = try await client.audit.publishedCheckpoint(connection.callOptions)
            let size = try Checkpoint(text: note.text).size
            let archived = try await client.audit.archivedTree(connection.callOptions)
            let bundle = try LogBundle.Writer(file, LogBundle.Header(checkpoint: note, beginning: archived))
            do {
                let range = archived.size..<max(archived.size, size)
                var leaves = try client.audit.leaves(range, options: connection.callOptions).makeAsyncIterator()
                var count: UInt64 = 0
                while let leaf = try await leaves.next() {
                    try bundle.append(leaf.leaf, at: leaf.index)
                    count += 1
                }
                guard count == range.count else {
                    throw CommandFailure(.failed, "the service sent \(count) of \(range.count) leaves")
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
        guard let note = try? SignedNote(parsing: try await checkpoint(options: options).note),
            (try? Checkpoint(text: note.text)) != nil
        else { throw CommandFailure(.failed, "the audit service answered no checkpoint") }
        return note
    }

    /// The tree whose leaves are archived, as the service has it.
    func archivedTree(_ options: CallOptions) async throws -> MerkleFrontier {
        let answer = try await checkpoint(options: options)
        let peaks = answer.archivedPeaks.compactMap { TreeHash($0) }
        guard peaks.count == answer.archivedPeaks.count,
            let tree = MerkleFrontier(size: answer.archivedSize, peaks: peaks)
        else { throw CommandFailure(.failed, "the audit service answered no tree of what is archived") }
        return tree
    }
}
