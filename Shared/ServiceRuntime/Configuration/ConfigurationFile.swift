#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Reading of small text files.
public enum ConfigurationFile {
    /// A configuration or policy file of ours is far smaller.
    static let maximumBytes = 1 << 20

    /// The whole file as UTF-8.
    /// - Throws: where it cannot be read, is longer than 1 MiB, or is not UTF-8.
    public static func text(of path: String) throws(ConfigurationError) -> String {
        guard let file = fopen(path, "re") else { throw failure(path, errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        errno = 0
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw failure(path, errno) }
        guard count <= maximumBytes else { throw ConfigurationError(origin: path, problem: "longer than 1 MiB") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw ConfigurationError(origin: path, problem: "not UTF-8")
        }
        return text
    }

    private static func failure(_ path: String, _ code: Int32) -> ConfigurationError {
        ConfigurationError(origin: path, problem: "cannot be read: \(String(cString: strerror(code)))")
    }
}
