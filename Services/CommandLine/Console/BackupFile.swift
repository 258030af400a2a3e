import FieldsealCrypto

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that appears under its name once it is whole, flushed and read back; readable for its owner only.
final class BackupFile {
    /// Bytes written.
    private(set) var count: UInt64 = 0

    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let written = try? SHA256()
    private var isFinished = false

    /// - Throws: where the file exists or cannot be made.
    init(path: String) throws(CommandFailure) {
        guard access(path, F_OK) != 0 else {
            throw CommandFailure(.usage, "\(path) exists; name another file, or move this one away")
        }
        self.path = path
        temporaryPath = "\(path).\(getpid()).part"
        descriptor = open(temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(temporaryPath, "cannot be made", .usage) }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporaryPath) }
    }

    func write(_ bytes: [UInt8]) throws {
        guard let written else { throw CommandFailure(.failed, "SHA-256 is not to be had") }
        try written.update(bytes)
        var start = 0
        while start < bytes.count {
            let done = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if done < 0 && errno == EINTR { continue }
            guard done > 0 else { throw Self.failure(temporaryPath, "cannot be written") }
            start += done
        }
        count += UInt64(bytes.count)
    }

    /// Flushes, compares what the file holds with what was written, and gives it its name.
    /// - Returns: its SHA-256.
    func finish() throws -> [UInt8] {
        guard let written else { throw CommandFailure(.failed, "SHA-256 is not to be had") }
        guard fsync(descriptor) == 0 else { throw Self.failure(temporaryPath, "cannot be flushed") }
        let digest = try written.finish()
        guard try digestOfFile() == digest else {
            throw CommandFailure(.failed, "\(temporaryPath): what was read back is not what was written")
        }
        // A link, unlike a rename, never replaces a file that came meanwhile.
        guard link(temporaryPath, path) == 0 else { throw Self.failure(path, "cannot be made") }
        unlink(temporaryPath)
        isFinished = true
        try flushFolder()
        return digest
    }

    private func digestOfFile() throws -> [UInt8] {
        let hasher = try SHA256()
        var part = [UInt8](repeating: 0, count: 1 << 16)
        var position: off_t = 0
        while true {
            let got = pread(descriptor, &part, part.count, position)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw Self.failure(temporaryPath, "cannot be read back") }
            guard got > 0 else { return try hasher.finish() }
            try hasher.update(Array(part[..<got]))
            position += off_t(got)
        }
    }

    private func flushFolder() throws(CommandFailure) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(folder, "cannot be flushed") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Self.failure(folder, "cannot be flushed") }
    }

    private static func failure(_ path: String, _ what: String, _ status: ProgramStatus = .failed) -> CommandFailure {
        CommandFailure(status, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
