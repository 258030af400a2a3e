internal import Glibc

/// A directory of this machine.
final class LocalFileSystem: FileSystem {
    private let path: String
    private let directory: Int32

    /// Opens the directory, made (0700) where it is missing.
    init(_ path: String) throws(SpoolError) {
        self.path = path
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw SpoolError(errno, "make directory \(path)") }
        directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw SpoolError(errno, "open directory \(path)") }
    }

    deinit { close(directory) }

    func names() throws(SpoolError) -> [String] {
        let descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { throw SpoolError(errno, "list \(path)") }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw SpoolError(errno, "list \(path)") }
        return names
    }

    func create(_ name: String) throws(SpoolError) -> any SpoolFile {
        try file(name, flags: O_RDWR | O_CREAT | O_EXCL)
    }

    func open(_ name: String) throws(SpoolError) -> any SpoolFile {
        try file(name, flags: O_RDWR)
    }

    func remove(_ name: String) throws(SpoolError) {
        guard unlinkat(directory, name, 0) == 0 else { throw SpoolError(errno, "remove \(path)/\(name)") }
    }

    func rename(_ name: String, to other: String) throws(SpoolError) {
        guard renameat(directory, name, directory, other) == 0 else {
            throw SpoolError(errno, "rename \(path)/\(name)")
        }
    }

    func replace(_ name: String, with content: [UInt8]) throws(SpoolError) {
        let temporary = name + ".new"
        let file = try file(temporary, flags: O_RDWR | O_CREAT | O_TRUNC)
        try file.write(content, at: 0)
        try file.synchronize()
        guard renameat(directory, temporary, directory, name) == 0 else {
            throw SpoolError(errno, "replace \(path)/\(name)")
        }
    }

    func synchronize() throws(SpoolError) {
        guard fsync(directory) == 0 else { throw SpoolError(errno, "synchronize \(path)") }
    }

    func freeBytes() throws(SpoolError) -> Int {
        var status = statvfs()
        guard fstatvfs(directory, &status) == 0 else { throw SpoolError(errno, "ask for the space of \(path)") }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return free.overflow ? Int.max : Int(clamping: free.partialValue)
    }

    func lock(_ name: String) throws(SpoolError) -> any SpoolFile {
        let file = try file(name, flags: O_RDWR | O_CREAT)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else { throw SpoolError(errno, "lock \(path)/\(name)") }
        return file
    }

    private func file(_ name: String, flags: Int32) throws(SpoolError) -> LocalFile {
        let descriptor = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SpoolError(errno, "open \(path)/\(name)") }
        return LocalFile(descriptor: descriptor, directory: directory, name: name, path: "\(path)/\(name)", owner: self)
    }
}

extension SpoolFile {
    func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, SpoolError> in
            do throws(SpoolError) {
                return .success(try write(bytes, at: offset))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}

extension SpoolError {
    init(_ number: Int32, _ action: String) {
        let code: Code =
            switch number {
            case ENOSPC, EDQUOT: .noSpace
            case ENOENT: .notFound
            case EWOULDBLOCK: .inUse
            default: .disk
            }
        self.init(code: code, description: "audit spool: cannot \(action): \(String(cString: strerror(number)))")
    }
}
