internal import Glibc

/// A file that holds one secret text.
public struct SecretFile: Sendable {
    public enum Readers: Sendable {
        /// Its owner (this process' user or root) alone.
        case owner
        /// Whoever the platform that writes it lets, as with the tokens that Kubernetes mounts.
        case platform
    }

    public let path: String
    /// What the file is for, in errors: `passphrase`, `token`.
    public let holding: String
    /// Bytes, without the line end.
    public let length: ClosedRange<Int>
    public let readers: Readers

    public init(path: String, holding: String, length: ClosedRange<Int>, readers: Readers = .owner) {
        self.path = path
        self.holding = holding
        self.length = length
        self.readers = readers
    }

    /// Reads the file into locked memory. One line end (LF or CR LF) at its end is not part of the secret.
    ///
    /// - Throws: `SecretFileError` that names the file and what is wrong with it; `SecureMemoryError` where there is no
    ///   room.
    public func read() throws -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused("cannot be opened (errno \(errno))") }
        defer { close(descriptor) }
        try check(descriptor)

        // One byte more than the longest file tells a longer one.
        var buffer = try SecretBytes(count: length.upperBound + 3)
        let count = buffer.withUnsafeMutableBytes { readAll(descriptor, into: $0) }
        guard let count else { throw refused("cannot be read (errno \(errno))") }
        let textCount = buffer.withUnsafeBytes { bytes in
            var end = count
            if end > 0, bytes[end - 1] == UInt8(ascii: "\n") {
                end -= 1
                if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            }
            return end
        }
        guard length.contains(textCount) else {
            throw refused("holds no \(holding) of \(length.lowerBound) to \(length.upperBound) bytes")
        }
        return try buffer.withUnsafeBytes {
            try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<textCount]))
        }
    }

    private func check(_ descriptor: Int32) throws(SecretFileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refused("cannot be examined (errno \(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused("is not a regular file") }
        guard readers == .owner else { return }
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

    private func refused(_ reason: String) -> SecretFileError {
        SecretFileError("\(holding) file \(path) \(reason)")
    }
}

/// Why a file of secrets was not used: names the file and what is wrong with it.
public struct SecretFileError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
