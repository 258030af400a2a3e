internal import Glibc

/// The file that a witness keeps its state in: replaced whole and made durable, used by one process at a time.
///
/// Beside it stand `.lock`, which the process holds, and for a moment `.new`.
public final class WitnessStateFile: Sendable {
    public let path: String
    private let directory: Int32
    private let lock: Int32

    /// Locks the file; it need not exist.
    /// - Throws: ``WitnessStateError`` where its folder is missing or another process uses it.
    public init(path: String) throws(WitnessStateError) {
        self.path = path
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .system(folder, "cannot be opened") }
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else {
            defer { close(directory) }
            throw .system(path + ".lock", "cannot be opened")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isInUse = errno == EWOULDBLOCK
            defer {
                close(lock)
                close(directory)
            }
            guard isInUse else { throw .system(path + ".lock", "cannot be locked") }
            throw WitnessStateError("\(path) is in use by another witness")
        }
    }

    /// Lets another process have it.
    func unlock() { flock(lock, LOCK_UN) }

    deinit {
        close(lock)
        close(directory)
    }

    /// What was written last; nil where nothing ever was.
    /// - Throws: ``WitnessStateError`` where it cannot be read, or is longer than `most` bytes.
    func read(most: Int) throws(WitnessStateError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(path, "cannot be opened")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: most + 1)
        var count = 0
        while count < bytes.count {
            let part = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw .system(path, "cannot be read") }
            guard part > 0 else { return Array(bytes[..<count]) }
            count += part
        }
        throw WitnessStateError("\(path) is no state of a witness: it is too long")
    }

    /// Puts these bytes in the place of the old ones; durable when it returns. After an error either may stand there.
    func replace(with bytes: [UInt8]) throws(WitnessStateError) {
        let name = path + ".new"
        // Never the pages of a file whose flush has failed.
        guard unlink(name) == 0 || errno == ENOENT else { throw .system(name, "cannot be removed") }
        let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(name, "cannot be made") }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(name, "cannot be written") }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw .system(name, "cannot be flushed") }
        guard rename(name, path) == 0 else { throw .system(path, "cannot be replaced") }
        guard fsync(directory) == 0 else { throw .system(path, "cannot be flushed into its folder") }
    }
}

/// Why a witness cannot use its state; names the file.
public struct WitnessStateError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static func system(_ path: String, _ what: String) -> Self {
        Self("\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
