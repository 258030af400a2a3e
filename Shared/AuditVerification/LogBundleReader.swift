public import FieldsealMessages
internal import Foundation

extension LogBundle {
    /// Reads a bundle leaf by leaf, and believes nothing of it.
    public struct Reader {
        public let header: Header
        private let path: String
        private var lines: Lines

        /// - Throws: ``LogBundleError``.
        public init(_ path: String) throws {
            lines = try Lines(path)
            guard let line = try lines.next(),
                let header = try? JSONDecoder().decode(HeaderLine.self, from: line).header
            else { throw LogBundleError.malformed(path: path, detail: "its first line is none") }
            (self.path, self.header) = (path, header)
        }

        /// The next leaf; nil behind the last.
        /// - Throws: ``LogBundleError`` `malformed`.
        public mutating func next() throws -> Proto.LogLeaf? {
            guard let line = try lines.next() else { return nil }
            guard let leaf = try? JSONDecoder().decode(LeafLine.self, from: line) else {
                throw LogBundleError.malformed(path: path, detail: "line \(lines.number) is no leaf")
            }
            return Proto.LogLeaf(index: leaf.index, leaf: Array(leaf.leaf))
        }
    }

    /// The lines of a file, each of bounded length.
    private struct Lines {
        private let path: String
        private let file: FileHandle
        private var buffer = Data()
        private(set) var number = 0

        init(_ path: String) throws {
            guard let file = FileHandle(forReadingAtPath: path) else { throw LogBundleError.unreadable(path: path) }
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
                    throw LogBundleError.malformed(path: path, detail: "line \(number + 1) is too long")
                }
                guard let more = try file.read(upToCount: 1 << 20), !more.isEmpty else {
                    guard buffer.isEmpty else {
                        throw LogBundleError.malformed(path: path, detail: "the last line is cut off")
                    }
                    return nil
                }
                buffer = Data(buffer) + more
            }
        }
    }
}
