extension ConfigurationNode {
    /// `file:line`.
    public var origin: String { line.map { "\(file):\($0)" } ?? file }

    /// Whether nothing stands there, or `null`.
    public var isNull: Bool {
        if case .null = content { true } else { false }
    }

    public func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(origin: origin, key: key, problem: problem)
    }

    /// The entries of a mapping by name.
    /// - Throws: where this is no mapping or holds a key outside `allowed`.
    public func mapping(allowed: [String]) throws(ConfigurationError) -> [String: ConfigurationNode] {
        var entries: [String: ConfigurationNode] = [:]
        for (name, child) in try mapping() {
            guard allowed.contains(name) else {
                throw child.error("unknown key; known here: \(allowed.sorted().joined(separator: ", "))")
            }
            entries[name] = child
        }
        return entries
    }

    /// The entries of a mapping in the order of the file.
    public func mapping() throws(ConfigurationError) -> [(key: String, value: ConfigurationNode)] {
        guard case .mapping(let entries) = content else { throw error("a mapping of keys to values is wanted") }
        return entries
    }

    /// The elements of a list.
    public func sequence() throws(ConfigurationError) -> [ConfigurationNode] {
        guard case .sequence(let elements) = content else { throw error("a list is wanted") }
        return elements
    }

    /// A scalar's text, as written.
    public func text() throws(ConfigurationError) -> String {
        switch content {
        case .scalar(let text): return text
        case .null: throw error("has no value")
        case .sequence, .mapping: throw error("a single value is wanted")
        }
    }

    public func integer(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        try ConfigurationValue(text: try text(), origin: origin, key: key).integer(in: range)
    }

    public func boolean() throws(ConfigurationError) -> Bool {
        try ConfigurationValue(text: try text(), origin: origin, key: key).boolean()
    }
}
