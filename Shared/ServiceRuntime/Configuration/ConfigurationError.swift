/// Something wrong in a configuration or policy file or in an environment variable. It says where, what and which key; values
/// are never repeated, since they may be secret.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `file:line`, `file`, or the name of an environment variable.
    public let origin: String
    /// The key from the root of the file, e.g. `audit.max-bytes` or `rules[2].fields[0]`; empty for the whole file.
    public let key: String
    public let problem: String

    public init(origin: String, key: String = "", problem: String) {
        self.origin = origin
        self.key = key
        self.problem = problem
    }

    public var description: String {
        key.isEmpty ? "\(origin): \(problem)" : "\(origin): \(key): \(problem)"
    }
}
