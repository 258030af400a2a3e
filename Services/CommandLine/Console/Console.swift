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
    /// A line that a person types without its being shown; nil where it ends or there is no terminal.
    var secret: @Sendable (_ prompt: String) -> [UInt8]?
    /// Whether a person watches standard output.
    var isTerminal: Bool
    /// Whether a person types standard input.
    var isInputTerminal: Bool
    /// Microseconds since 1970.
    var now: @Sendable () -> Int64
    var connect: @Sendable (ClientConfiguration) throws -> FieldsealClient
    /// The identity of the caller's certificate.
    var identity: @Sendable (ClientConfiguration) throws -> String

    @TaskLocal static var current = Console.standard

    static let standard = Console(
        output: { writeAll($0, to: STDOUT_FILENO) },
        errors: { writeAll($0, to: STDERR_FILENO) },
        input: { readAll(limit: $0) },
        secret: { readSecret(prompt: $0) },
        isTerminal: isatty(STDOUT_FILENO) == 1, isInputTerminal: isatty(STDIN_FILENO) == 1,
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        },
        connect: { try FieldsealClient(configuration: $0) },
        identity: { try $0.identity() })

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

    private static func readSecret(prompt: String) -> [UInt8]? {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            writeAll("\n", to: STDERR_FILENO)
        }
        writeAll(prompt, to: STDERR_FILENO)
        var line = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &line, line.count)
        return count > 0 ? Array(line[..<count]) : nil
    }
}
