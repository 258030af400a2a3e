import FieldsealClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a command has of the world: its streams, the clock and the services. Tests put others in their place.
struct Console: Sendable {
    /// Writes to standard output, as given.
    var output: @Sendable (String) -> Void
    /// Writes to standard error, as given.
    var errors: @Sendable (String) -> Void
    /// All of standard input; nil where it passes the limit in bytes.
    var input: @Sendable (_ limit: Int) -> [UInt8]?
    /// Whether a person watches standard output.
    var isTerminal: Bool
    /// Microseconds since 1970.
    var now: @Sendable () -> Int64
    var connect: @Sendable (ClientConfiguration) throws -> FieldsealClient

    @TaskLocal static var current = Console.standard

    static let standard = Console(
        output: { writeAll($0, to: STDOUT_FILENO) },
        errors: { writeAll($0, to: STDERR_FILENO) },
        input: { readAll(limit: $0) },
        isTerminal: isatty(STDOUT_FILENO) == 1,
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        },
        connect: { try FieldsealClient(configuration: $0) })

    /// A line to standard output.
    func show(_ line: String) {
        output(line.hasSuffix("\n") ? line : line + "\n")
    }

    /// A line to standard error.
    func complain(_ line: String) {
        errors("fieldseal: \(line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : line)\n")
    }

    private static func writeAll(_ text: String, to file: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    private static func readAll(limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = read(STDIN_FILENO, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += part[..<count]
        }
        return nil
    }
}
