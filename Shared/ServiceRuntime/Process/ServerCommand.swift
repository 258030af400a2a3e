/// Something that a server's executable does once, instead of serving: read its configuration, do it, print one line, leave.
public struct ServerCommand: Hashable, Sendable {
    /// With its dashes, e.g. `--restore`.
    public let option: String
    /// What its value is, e.g. `FILE`.
    public let placeholder: String
    /// Options without values that may stand beside it.
    public let modifiers: [String]
    /// Options with a value that may stand beside it, and what that is.
    public let parameters: [String: String]
    /// One line.
    public let help: String

    public init(
        _ option: String, _ placeholder: String, modifiers: [String] = [], parameters: [String: String] = [:],
        help: String
    ) {
        self.option = option
        self.placeholder = placeholder
        self.modifiers = modifiers
        self.parameters = parameters
        self.help = help
    }
}

/// A command as it was asked for.
public struct ServerCommandCall: Hashable, Sendable {
    public let option: String
    public let value: String
    public let modifiers: Set<String>
    public let parameters: [String: String]

    public init(
        _ option: String, _ value: String, modifiers: Set<String> = [], parameters: [String: String] = [:]
    ) {
        self.option = option
        self.value = value
        self.modifiers = modifiers
        self.parameters = parameters
    }
}
