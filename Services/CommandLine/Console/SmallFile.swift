#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files that fit into memory many times over.
enum SmallFile {
    /// Nil where the file is longer than `most` bytes.
    static func bytes(of path: String, most: Int) throws(CommandFailure) -> [UInt8]? {
        guard let file = fopen(path, "re") else {
            throw CommandFailure(.usage, "\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: most + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw CommandFailure(.usage, "\(path): cannot be read") }
        return count > most ? nil : Array(bytes[..<count])
    }
}
