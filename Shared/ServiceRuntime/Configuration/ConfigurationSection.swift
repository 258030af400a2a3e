/// Reads a mapping of a configuration file key by key, an environment variable taking precedence over the file:
/// `audit.max-bytes` is overridden by `FIELDSEAL_AUDIT_MAX_BYTES`. Keys of the file that nobody asked for are found by
/// `finish`, so that a misspelt key never passes in silence.
public final class ConfigurationSection {
    /// The prefix of every environment variable.
    public static let environmentPrefix = "FIELDSEAL_"

    /// Relative paths in the file start at the file's folder.
    public let folder: String
    let origin: String
    let key: String
    private let entries: [String: ConfigurationNode]
    private let environment: [String: String]
    private var asked: Set<String> = []
    private var sections: [String: ConfigurationSection] = [:]
    private var lists: [String: [ConfigurationSection]] = [:]

    /// The root of a file.
    public convenience init(file: String, environment: [String: String]) throws(ConfigurationError) {
        try self.init(yaml: try ConfigurationFile.text(of: file), file: file, environment: environment)
    }

    /// The root of a text; `file` names it in errors and its folder is where relative paths start.
    public convenience init(yaml: String, file: String, environment: [String: String]) throws(ConfigurationError) {
        let folder = file.lastIndex(of: "/").map { file[..<$0].isEmpty ? "/" : String(file[..<$0]) } ?? "."
        let root = try ConfigurationNode(yaml: yaml, file: file)
        self.init(try root.mapping(), origin: file, key: "", folder: folder, environment: environment)
    }

    private init(
        _ entries: [(key: String, value: ConfigurationNode)], origin: String, key: String, folder: String,
        environment: [String: String]
    ) {
        self.entries = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
        self.origin = origin
        self.key = key
        self.folder = folder
        self.environment = environment
    }

    /// Whether the file or the environment gives anything for the key.
    public func has(_ name: String) -> Bool {
        asked.insert(name)
        if entries[name] != nil { return true }
        let variable = variable(name)
        return environment.keys.contains { $0 == variable || $0.hasPrefix(variable + "_") }
    }

    /// A mapping under this one; empty where the file has none.
    public func section(_ name: String) throws(ConfigurationError) -> ConfigurationSection {
        asked.insert(name)
        if let section = sections[name] { return section }
        let node = entries[name]
        let section = ConfigurationSection(
            try node?.mapping() ?? [], origin: node?.origin ?? origin, key: path(name), folder: folder,
            environment: environment)
        sections[name] = section
        return section
    }

    /// A list of mappings, which only the file can give; the environment overrides their values, for example
    /// `FIELDSEAL_ALERTS_DESTINATIONS_0_URL`.
    public func sections(_ name: String) throws(ConfigurationError) -> [ConfigurationSection] {
        asked.insert(name)
        if let list = lists[name] { return list }
        var list: [ConfigurationSection] = []
        for node in try entries[name]?.sequence() ?? [] {
            list.append(
                ConfigurationSection(
                    try node.mapping(), origin: node.origin, key: node.key, folder: folder, environment: environment))
        }
        lists[name] = list
        return list
    }

    /// A single value, nil where neither the file nor the environment has it.
    public func value(_ name: String) throws(ConfigurationError) -> ConfigurationValue? {
        asked.insert(name)
        let variable = variable(name)
        if let text = environment[variable] {
            return ConfigurationValue(text: text, origin: variable, key: path(name))
        }
        guard let node = entries[name] else { return nil }
        return ConfigurationValue(text: try node.text(), origin: node.origin, key: path(name))
    }

    /// A single value that must be given.
    public func required(_ name: String) throws(ConfigurationError) -> ConfigurationValue {
        guard let value = try value(name) else { throw missing(name) }
        guard !value.text.isEmpty else { throw value.error("has no value") }
        return value
    }

    /// A list of values; in the environment they are separated by commas.
    public func values(_ name: String) throws(ConfigurationError) -> [ConfigurationValue] {
        asked.insert(name)
        let variable = variable(name)
        if let text = environment[variable] {
            return text.split(separator: ",").map {
                ConfigurationValue(text: String($0), origin: variable, key: path(name))
            }
        }
        var values: [ConfigurationValue] = []
        for node in try entries[name]?.sequence() ?? [] {
            values.append(ConfigurationValue(text: try node.text(), origin: node.origin, key: node.key))
        }
        return values
    }

    /// - Throws: for the first key of the file, here or in a section below, that nobody asked for.
    public func finish() throws(ConfigurationError) {
        for (name, node) in entries.sorted(by: { ($0.value.line ?? 0) < ($1.value.line ?? 0) }) {
            guard asked.contains(name) else {
                throw node.error("unknown key; known here: \(asked.sorted().joined(separator: ", "))")
            }
            try sections[name]?.finish()
            for section in lists[name] ?? [] { try section.finish() }
        }
    }

    public func missing(_ name: String) -> ConfigurationError {
        ConfigurationError(
            origin: origin, key: path(name), problem: "is missing; write it, or set \(variable(name))")
    }

    /// What is wrong with a key that the file or the environment gives, a value, a mapping or a list.
    public func error(_ name: String, _ problem: String) -> ConfigurationError {
        ConfigurationError(origin: entries[name]?.origin ?? origin, key: path(name), problem: problem)
    }

    private func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }

    private func variable(_ name: String) -> String {
        Self.environmentPrefix
            + path(name).uppercased().replacing(".", with: "_").replacing("-", with: "_")
            .replacing("[", with: "_").replacing("]", with: "")
    }
}
