import FieldsealServiceRuntime
import Glibc
import NIOPosix

/// The folder of scheduled backups. Their names begin with the time, so that they sort by it:
/// `fieldseal-20261125T160000Z-r1024.backup`.
struct BackupFolder: Sendable {
    static let suffix = ".backup"
    private static let partial = ".partial"

    let path: String

    /// Complete backups, the oldest first.
    func names() throws(BackupError) -> [String] {
        try entries().filter { $0.hasPrefix("fieldseal-") && $0.hasSuffix(Self.suffix) }.sorted()
    }

    /// Whether none was made within the last `hours`.
    func isDue(everyHours hours: Int, nowUnixUs now: Int64) throws(BackupError) -> Bool {
        guard let newest = try names().last else { return true }
        return newest < "fieldseal-\(Self.time(now - Int64(hours) * 3_600_000_000))"
    }

    static func name(_ header: BackupHeader) -> String {
        "fieldseal-\(time(header.createdUnixUs))-r\(header.state.revision)\(suffix)"
    }

    /// 20261125T160000Z
    private static func time(_ unixUs: Int64) -> String {
        Timestamp.text(unixMicroseconds: unixUs).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Begins a file that is no backup yet; those that crashes left behind go.
    func begin() throws(BackupError) -> PartialBackup {
        for name in try entries() where name.hasPrefix(".fieldseal-") && name.hasSuffix(Self.partial) {
            unlink(file(name))
        }
        return try PartialBackup(path: file(".fieldseal-\(getpid())-\(UInt32.random(in: 0 ... .max))\(Self.partial)"))
    }

    /// Gives a verified file its name, durably, and deletes all but the newest `keep`.
    func keep(_ backup: PartialBackup, as name: String, keep: Int) async throws {
        let folder = self
        try await NIOThreadPool.singleton.runIfActive {
            guard rename(backup.path, folder.file(name)) == 0 else { throw Self.failure(folder.file(name)) }
            try folder.synchronize()
        }
        for old in try names().dropLast(max(1, keep)) { unlink(file(old)) }
    }

    private func synchronize() throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    private func entries() throws(BackupError) -> [String] {
        guard let folder = opendir(path) else { throw Self.failure(path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    static func failure(_ path: String) -> BackupError {
        BackupError(.file, "\(path): \(String(cString: strerror(errno)))")
    }
}

/// A file that is being written, readable by its owner alone; deleted where it got no other name.
final class PartialBackup: Sendable {
    let path: String
    private let descriptor: Int32

    init(path: String) throws(BackupError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BackupFolder.failure(path) }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    func write(_ bytes: [UInt8]) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
                }
                if count >= 0 { written += count } else if errno != EINTR { throw BackupFolder.failure(path) }
            }
        }
    }

    func synchronize() async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            guard fsync(descriptor) == 0 else { throw BackupFolder.failure(path) }
        }
    }
}
