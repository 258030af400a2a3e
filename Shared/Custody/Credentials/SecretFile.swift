internal import FieldsealSecureMemory
internal import Glibc

/// A file that holds one secret.
struct SecretFile: Sendable {
    enum Readers: Sendable {
        /// Its owner (this process' user or root) alone.
        case owner
        /// Whoever the platform that writes it lets, as with the tokens that Kubernetes mounts.
        case platform
    }

    let path: String
    /// What the file is for, in errors: `passphrase`, `token`.
    let holding: String
    /// Bytes, without the line end.
    let length: ClosedRange<Int>
    let readers: Readers

    init(path: String, holding: String, length: ClosedRange<Int>, readers: Readers = .owner) {
        self.path = path
        self.holding = holding
        self.length = length
        self.readers = readers
    }

    /// Reads the file into locked memory. One line end (LF or CR LF) at its end is not part of the secret.
    ///
    /// - Throws: `MasterKeyError` with code `credential` that names the file and what is wrong with it;
    ///   `SecureMemoryError` where there is no room.
    func read() throws -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused("cannot be opened (errno \(errno))") }
        defer { close(descriptor) }
        try check(descriptor)

        // One byte more than the longest file tells a longer one.
        var buffer = try SecretBytes(count: length.upperBound + 3)
        let count = buffer.withUnsafeMutableBytes { readAll(descriptor, into: $0) }
        guard let count else { throw refused("cannot be read (errno \(errno))") }
        let end = buffer.withUnsafeBytes { bytes in
            var end = count
            if end > 0, bytes[end - 1] == UInt8(ascii: "\n") {
                end -= 1
                if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            }
            return end
        }
        guard length.contains(end) else {
            throw refused("holds no \(holding) of \(length.lowerBound) to \(length.upperBound) bytes")
        }
        return try buffer.withUnsafeBytes { try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    }

    /// The secret as text that goes into a header or a form; for tokens.
    func readText() throws -> Confidential {
        let secret = try read()
        let text = secret.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refused("holds no \(holding): it has spaces, line ends or what is not ASCII")
        }
        return Confidential(text)
    }

    private func check(_ descriptor: Int32) throws(MasterKeyError) {
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

    func refused(_ reason: String) -> MasterKeyError {
        MasterKeyError(code: .credential, description: "\(holding) file \(path) \(reason)")
    }
}
