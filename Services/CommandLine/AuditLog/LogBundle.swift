import FieldsealClient
import FieldsealCrypto
import FieldsealTransparencyLog
import Foundation

/// A whole log in a file that proves itself: JSON lines, the first with the checkpoint, then one for each leaf.
enum LogBundle {
    static let version = 1
    /// The longest line: a leaf of 256 KiB in base64, and the checkpoint.
    private static let maximumLine = 2 << 20

    struct Header: Codable {
        let fieldsealAuditBundle: Int
        let checkpoint: String
    }

    struct Leaf: Codable {
        let index: UInt64
        let leaf: String
    }

    /// Writes a bundle; it stands under its name only when it is whole.
    final class Writer {
        private let path: String
        private let file: FileHandle
        private let encoder = JSONEncoder()
        private var buffer = Data()

        init(_ path: String, _ checkpoint: SignedNote) throws {
            self.path = path
            guard
                FileManager.default.createFile(
                    atPath: path + ".new", contents: nil, attributes: [.posixPermissions: 0o600]),
                let file = FileHandle(forWritingAtPath: path + ".new")
            else { throw CommandFailure(.usage, "\(path) cannot be written") }
            self.file = file
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try line(
                Header(
                    fieldsealAuditBundle: LogBundle.version,
                    checkpoint: String(decoding: checkpoint.encoded, as: UTF8.self)))
        }

        func append(_ leaf: AuditLeaf) throws { try line(Leaf(index: leaf.index, leaf: Base64.encode(leaf.leaf))) }

        func finish() throws {
            try flush()
            try file.synchronize()
            try file.close()
            guard rename(path + ".new", path) == 0 else { throw CommandFailure(.usage, "\(path) cannot be written") }
        }

        func remove() {
            try? file.close()
            try? FileManager.default.removeItem(atPath: path + ".new")
        }

        private func line(_ value: some Encodable) throws {
            buffer.append(try encoder.encode(value))
            buffer.append(0x0A)
            if buffer.count > 1 << 20 { try flush() }
        }

        private func flush() throws {
            try file.write(contentsOf: buffer)
            buffer.removeAll(keepingCapacity: true)
        }
    }

    /// Reads a bundle leaf by leaf.
    struct Reader {
        let checkpoint: SignedNote
        private let path: String
        private var lines: Lines

        init(_ path: String) throws {
            lines = try Lines(path)
            guard let line = try lines.next(), let header = try? JSONDecoder().decode(Header.self, from: line),
                header.fieldsealAuditBundle == LogBundle.version,
                let note = try? SignedNote(parsing: Array(header.checkpoint.utf8))
            else { throw CommandFailure(.usage, "\(path) is no bundle of an audit log") }
            (self.path, checkpoint) = (path, note)
        }

        mutating func next() throws -> AuditLeaf? {
            guard let line = try lines.next() else { return nil }
            guard let leaf = try? JSONDecoder().decode(Leaf.self, from: line), let bytes = Base64.decode(leaf.leaf)
            else {
                throw CommandFailure(.failed, "\(path): line \(lines.number) is no leaf")
            }
            return AuditLeaf(index: leaf.index, leaf: bytes)
        }
    }

    /// The lines of a file, each of bounded length.
    private struct Lines {
        private let path: String
        private let file: FileHandle
        private var buffer = Data()
        private(set) var number = 0

        init(_ path: String) throws {
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure(.usage, "\(path) cannot be read")
            }
            (self.path, self.file) = (path, file)
        }

        mutating func next() throws -> Data? {
            while true {
                if let end = buffer.firstIndex(of: 0x0A) {
                    defer { buffer = buffer[buffer.index(after: end)...] }
                    number += 1
                    return Data(buffer[..<end])
                }
                guard buffer.count <= LogBundle.maximumLine else {
                    throw CommandFailure(.failed, "\(path): line \(number + 1) is too long")
                }
                guard let more = try file.read(upToCount: 1 << 20), !more.isEmpty else {
                    guard buffer.isEmpty else { throw CommandFailure(.failed, "\(path): the last line is cut off") }
                    return nil
                }
                buffer = Data(buffer) + more
            }
        }
    }
}
