public import FieldsealSecureMemory
internal import Glibc

/// A file that holds a passphrase and that nobody but its owner may read.
public struct PassphraseFile: Sendable {
    /// Bytes, without the line end.
    public static let length = 12...1_024

    public let path: String

    public init(path: String) { self.path = path }

    /// Reads the file into locked memory. One line end (LF or CR LF) at its end is not part of the passphrase.
    ///
    /// - Throws: `MasterKeyError` with code `credential` that names the file and what is wrong with it;
    ///   `SecureMemoryError` where there is no room.
    public func read() throws -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused("cannot be opened (errno \(errno))") }
        defer { close(descriptor) }
        try check(descriptor)

        // One byte more than the longest file tells a longer one.
        var buffer = try SecretBytes(count: Self.length.upperBound + 3)
        let count = buffer.withUnsafeMutableBytes { readAll(descriptor, into: $0) }
        guard let count else { throw refused("cannot be read (errno \(errno))") }
        let length = buffer.withUnsafeBytes { bytes in
            var end = count
            if end > 0, bytes[end - 1] == UInt8(ascii: "\n") {
                end -= 1
                if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            }
            return end
        }
        guard Self.length.contains(length) else {
            throw refused("holds no passphrase of \(Self.length.lowerBound) to \(Self.length.upperBound) bytes")
        }
        return try buffer.withUnsafeBytes { try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    }

    private func check(_ descriptor: Int32) throws(MasterKeyError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refused("cannot be examined (errno \(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused("is not a regular file") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw refused("belongs to another user") }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw refused("may be read by others than its owner (mode \(mode)); set it to 600")
        }
    }

    /// Reads until the end of the file or of the buffer; nil on an error.
    private func readAll(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        var count = 0
        while count < buffer.count {
            let part = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            if part == 0 { break }
            if part > 0 { count += part } else if errno != EINTR { return nil }
        }
        return count
    }

    private func refused(_ reason: String) -> MasterKeyError {
        MasterKeyError(code: .credential, description: "passphrase file \(path) \(reason)")
    }
}
