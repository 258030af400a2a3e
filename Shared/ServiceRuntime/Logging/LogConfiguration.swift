public import Logging

/// How much is logged to standard error, and in which form.
public struct LogConfiguration: Hashable, Sendable {
    public enum Format: String, CaseIterable, Sendable {
        /// One line for people.
        case text
        /// One JSON object a line.
        case json
    }

    public let level: Logger.Level
    public let format: Format

    public init(level: Logger.Level = .info, format: Format = .text) {
        self.level = level
        self.format = format
    }

    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        level = try section.choice("level", default: .info)
        format = try section.choice("format", default: .text)
    }
}
