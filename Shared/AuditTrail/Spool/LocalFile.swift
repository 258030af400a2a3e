internal import Glibc

/// An open file of a ``LocalFileSystem``.
final class LocalFile: SpoolFile {
    let descriptor: Int32
    private let directory: Int32
    private let name: String
    private let path: String
    /// Keeps `directory` open.
    private let owner: LocalFileSystem

    init(descriptor: Int32, directory: Int32, name: String, path: String, owner: LocalFileSystem) {
        self.descriptor = descriptor
        self.directory = directory
        self.name = name
        self.path = path
        self.owner = owner
    }

    deinit { close(descriptor) }

    func size() throws(SpoolError) -> Int {
        try status().st_size
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpoolError(count == 0 ? ENOSPC : errno, "write \(path)") }
            done += count
        }
    }

    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(SpoolError) -> Int {
        var done = 0
        while done < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SpoolError(errno, "read \(path)") }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func truncate(to size: Int) throws(SpoolError) {
        guard ftruncate(descriptor, size) == 0 else { throw SpoolError(errno, "truncate \(path)") }
    }

    func synchronize() throws(SpoolError) {
        guard fdatasync(descriptor) == 0 else { throw SpoolError(errno, "synchronize \(path)") }
    }

    func isInPlace() throws(SpoolError) -> Bool {
        let ours = try status()
        var found = stat()
        guard fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return false }
            throw SpoolError(errno, "look up \(path)")
        }
        return found.st_ino == ours.st_ino && found.st_dev == ours.st_dev && ours.st_nlink > 0
    }

    private func status() throws(SpoolError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SpoolError(errno, "look up \(path)") }
        return status
    }
}
