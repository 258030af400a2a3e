import FieldsealCrypto
import FieldsealTransparencyLog
import Foundation

/// What a verifier remembers of a log: the checkpoint that it verified last, and the peaks of its tree.
struct VerifiedLog: Codable {
    private var note: String
    private var peaks: [String]

    init(_ note: SignedNote, _ frontier: MerkleFrontier) {
        self.note = String(decoding: note.encoded, as: UTF8.self)
        peaks = frontier.peaks.map { Base64.encode($0.bytes) }
    }

    /// Nil where there is no such file yet.
    static func load(_ path: String) throws -> VerifiedLog? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let bytes = try SmallFile.bytes(of: path, most: 2 << 20),
            let known = try? JSONDecoder().decode(VerifiedLog.self, from: Data(bytes))
        else { throw CommandFailure(.usage, "\(path) is no memory of a verified log") }
        return known
    }

    func store(_ path: String) throws {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.usage, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// The checkpoint and its tree; the file is believed no more than a service.
    func verified(_ policy: LogPolicy, _ path: String) throws -> (checkpoint: Checkpoint, tree: MerkleFrontier) {
        guard let note = try? SignedNote(parsing: Array(note.utf8)),
            let checkpoint = try? policy.verify(note).checkpoint
        else { throw CommandFailure(.usage, "the checkpoint in \(path) does not satisfy --log-key and --witness") }
        let hashes = peaks.compactMap { Base64.decode($0).flatMap(TreeHash.init) }
        guard hashes.count == peaks.count, let tree = MerkleFrontier(size: checkpoint.size, peaks: hashes),
            tree.root == checkpoint.root
        else { throw CommandFailure(.usage, "the tree in \(path) is not that of its checkpoint") }
        return (checkpoint, tree)
    }
}
