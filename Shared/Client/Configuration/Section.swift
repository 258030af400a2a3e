/// A mapping with known keys; empty where the file has none.
struct Section {
    let entries: [String: SimpleYAML]
    let path: String

    init(_ node: SimpleYAML?, path: String, allowed: [String]) throws(ClientConfigurationError) {
        self.path = path
        switch node {
        case nil: entries = [:]
        case .mapping(let entries):
            for name in entries.keys.sorted() where !allowed.contains(name) {
                throw ClientConfigurationError(
                    "\(path): unknown key \(name); known here: \(allowed.joined(separator: ", "))")
            }
            self.entries = entries
        case .scalar, .list: throw ClientConfigurationError("\(path): a mapping of keys to values is wanted")
        }
    }

    subscript(key: String) -> SimpleYAML? { entries[key] }

    func text(_ key: String) throws(ClientConfigurationError) -> String {
        switch entries[key] {
        case .scalar(let text) where !text.isEmpty: return text
        case nil: throw ClientConfigurationError("\(path): \(key) is missing")
        default: throw ClientConfigurationError("\(path): \(key): a single value is wanted")
        }
    }

    func optionalText(_ key: String) throws(ClientConfigurationError) -> String? {
        entries[key] == nil ? nil : try text(key)
    }

    func texts(_ key: String) throws(ClientConfigurationError) -> [String] {
        guard case .list(let nodes) = entries[key] else {
            throw ClientConfigurationError("\(path): \(key): a list is wanted, e.g. [127.0.0.1:7401]")
        }
        var texts: [String] = []
        for node in nodes {
            guard case .scalar(let text) = node else {
                throw ClientConfigurationError("\(path): \(key): a list of single values is wanted")
            }
            texts.append(text)
        }
        return texts
    }
}
