/// Reads what stands on one line: a plain or quoted scalar, `[a, b]` or `{a: b}`.
struct FlowParser {
    private var rest: Substring
    private let line: SimpleYAML.Line
    /// Brackets around the current place.
    private var depth = 0
    private static let deepest = 8

    static func parse(_ text: Substring, of line: SimpleYAML.Line) throws(ClientConfigurationError) -> SimpleYAML {
        var parser = FlowParser(rest: text, line: line)
        let node = try parser.node()
        parser.skipSpaces()
        guard parser.rest.isEmpty else { throw line.error("nothing is expected after the value") }
        return node
    }

    private init(rest: Substring, line: SimpleYAML.Line) {
        self.rest = rest
        self.line = line
    }

    private mutating func node() throws(ClientConfigurationError) -> SimpleYAML {
        skipSpaces()
        switch rest.first {
        case nil: throw line.error("a value is missing")
        case "[": return .list(try items(closing: "]") { parser throws(ClientConfigurationError) in try parser.node() })
        case "{":
            var entries: [String: SimpleYAML] = [:]
            let pairs = try items(closing: "}") { parser throws(ClientConfigurationError) in try parser.entry() }
            for (key, value) in pairs where entries.updateValue(value, forKey: key) != nil {
                throw line.error("\(key) is given twice")
            }
            return .mapping(entries)
        case "\"", "'": return .scalar(try quoted())
        case let first? where "&*!|>%@`?#".contains(first):
            throw line.error("YAML's \(first) is not understood here; put the value in quotes")
        default: return .scalar(try plain())
        }
    }

    private mutating func items<Item>(
        closing: Character, _ item: (inout FlowParser) throws(ClientConfigurationError) -> Item
    ) throws(ClientConfigurationError) -> [Item] {
        guard depth < Self.deepest else { throw line.error("nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        rest.removeFirst()
        var items: [Item] = []
        while true {
            skipSpaces()
            if take(closing) { return items }
            if !items.isEmpty {
                guard take(",") else { throw line.error("a comma or \(closing) is missing; lists stand on one line") }
                skipSpaces()
            }
            items.append(try item(&self))
        }
    }

    private mutating func entry() throws(ClientConfigurationError) -> (String, SimpleYAML) {
        skipSpaces()
        guard let colon = rest.firstIndex(of: ":"), colon != rest.startIndex else {
            throw line.error("key: value is wanted")
        }
        let key = String(rest[..<colon])
        rest = rest[rest.index(after: colon)...]
        guard rest.first == " " else { throw line.error("a space is wanted after the colon") }
        return (key, try node())
    }

    /// Up to the end of the line; within brackets, up to a comma or bracket.
    private mutating func plain() throws(ClientConfigurationError) -> String {
        var end = depth == 0 ? rest.endIndex : rest.firstIndex { ",[]{}".contains($0) } ?? rest.endIndex
        let next = end
        while end > rest.startIndex, rest[rest.index(before: end)] == " " { end = rest.index(before: end) }
        let text = String(rest[..<end])
        rest = rest[next...]
        guard !text.isEmpty else { throw line.error("a value is missing") }
        guard !text.contains(": ") else { throw line.error("put a value that holds a colon and a space in quotes") }
        return text
    }

    private mutating func quoted() throws(ClientConfigurationError) -> String {
        let quote = rest.removeFirst()
        guard let end = rest.firstIndex(of: quote) else { throw line.error("the closing quote is missing") }
        let text = rest[..<end]
        guard quote == "'" || !text.contains("\\") else {
            throw line.error("escapes are not understood; use ' for quotes")
        }
        rest = rest[rest.index(after: end)...]
        return String(text)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpaces() {
        rest = rest.drop { $0 == " " }
    }
}
