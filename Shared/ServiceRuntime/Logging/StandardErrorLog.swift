internal import Logging
#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Writes a line per message to standard error, in one `write`.
struct StandardErrorLog: LogHandler {
    let label: String
    let format: LogConfiguration.Format
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(label: String, configuration: LogConfiguration) {
        self.label = label
        format = configuration.format
        logLevel = configuration.level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let more = event.metadata { fields.merge(more) { $1 } }
        let line = Self.line(
            format, time: Timestamp.now(), level: event.level, label: label, message: "\(event.message)",
            metadata: fields)
        var bytes = line
        bytes.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func line(
        _ format: LogConfiguration.Format, time: String, level: Logger.Level, label: String, message: String,
        metadata: Logger.Metadata
    ) -> String {
        let fields = metadata.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let tail = fields.map { " \(LogText.value($0.key))=\(LogText.value("\($0.value)"))" }.joined()
            return "\(time) \(level.rawValue) \(label): \(LogText.escaped(message))\(tail)\n"
        case .json:
            let head = [("time", time), ("level", level.rawValue), ("server", label), ("message", message)]
            let all = head + fields.map { ($0.key, "\($0.value)") }
            return "{" + all.map { "\(LogText.quoted($0.0)):\(LogText.quoted($0.1))" }.joined(separator: ",") + "}\n"
        }
    }
}
