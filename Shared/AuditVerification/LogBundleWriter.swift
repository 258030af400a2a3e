internal import FieldsealTransparencyLog
internal import Foundation

extension LogBundle {
    /// Writes a bundle; it stands under its name only when it is whole and durable.
    public final class Writer {
        private let path: String
        private let file: FileHandle
        private let encoder = JSONEncoder()
        private var buffer = Data()

        /// - Throws: ``LogBundleError`` `unwritable`.
        public init(_ path: String, _ header: Header) throws {
            self.path = path
            guard
                FileManager.default.createFile(
                    atPath: path + ".new", contents: nil, attributes: [.posixPermissions: 0o600]),
                let file = FileHandle(forWritingAtPath: path + ".new")
            else { throw LogBundleError.unwritable(path: path) }
            self.file = file
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try line(HeaderLine(header))
        }

        /// - Parameter leaf: an encoded `SignedBlock`.
        public func append(_ leaf: [UInt8], at index: UInt64) throws {
            try line(LeafLine(index: index, leaf: Data(leaf)))
        }

        public func finish() throws {
            try flush()
            try file.synchronize()
            try file.close()
            guard rename(path + ".new", path) == 0 else { throw LogBundleError.unwritable(path: path) }
            // The name is durable when its folder is.
            let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { throw LogBundleError.unwritable(path: path) }
            defer { close(folder) }
            guard fsync(folder) == 0 else { throw LogBundleError.unwritable(path: path) }
        }

        /// Gives up what was written so far.
        public func remove() {
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
}
