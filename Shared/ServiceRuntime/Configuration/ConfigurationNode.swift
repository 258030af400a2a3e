internal import Yams

/// One node of a YAML file, with the place that errors about it name.
public struct ConfigurationNode: Sendable {
    indirect enum Content: Sendable {
        case scalar(String)
        case sequence([ConfigurationNode])
        case mapping([(key: String, value: ConfigurationNode)])
        case null
    }

    let file: String
    let line: Int?
    /// The key from the root of the file, e.g. `rules[2].fields[0]`.
    public let key: String
    let content: Content

    /// Deeper nesting than any file of ours needs is refused before it can exhaust the stack.
    static let maximumDepth = 16

    /// Parses one YAML document.
    /// - Throws: where the text is not YAML, is not a mapping, repeats a key or nests deeper than 16 levels.
    public init(yaml: String, file: String) throws(ConfigurationError) {
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch {
            throw Self.error(for: error, file: file)
        }
        guard let root, case .mapping = root else {
            throw ConfigurationError(origin: file, problem: "a mapping of keys to values is wanted")
        }
        try self.init(root, key: "", file: file, depth: 0)
    }

    private init(_ node: Node, key: String, file: String, depth: Int) throws(ConfigurationError) {
        self.file = file
        self.line = node.mark?.line
        self.key = key
        let origin = node.mark.map { "\(file):\($0.line)" } ?? file
        guard depth < Self.maximumDepth else {
            throw ConfigurationError(origin: origin, key: key, problem: "nested too deeply")
        }
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            content = isNull ? .null : .scalar(scalar.string)
        case .sequence(let sequence):
            var children: [ConfigurationNode] = []
            for (index, child) in sequence.enumerated() {
                children.append(try Self(child, key: "\(key)[\(index)]", file: file, depth: depth + 1))
            }
            content = .sequence(children)
        case .mapping(let mapping):
            var children: [(key: String, value: ConfigurationNode)] = []
            for (name, child) in mapping {
                guard case .scalar(let scalar) = name else {
                    throw ConfigurationError(origin: origin, key: key, problem: "a key must be plain text")
                }
                let path = key.isEmpty ? scalar.string : "\(key).\(scalar.string)"
                children.append((scalar.string, try Self(child, key: path, file: file, depth: depth + 1)))
            }
            content = .mapping(children)
        case .alias:
            throw ConfigurationError(origin: origin, key: key, problem: "aliases are not allowed")
        }
    }

    private static func error(for error: any Error, file: String) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationError(origin: "\(file):\(mark.line)", problem: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationError(
                origin: "\(file):\(context.mark.line)",
                problem: "given twice: \(duplicates.map { "\($0)" }.sorted().joined(separator: ", "))")
        default:
            ConfigurationError(origin: file, problem: "not valid YAML")
        }
    }
}
