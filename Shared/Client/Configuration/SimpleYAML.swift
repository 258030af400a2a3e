/// The part of YAML that a client's configuration needs, without the weight of a YAML library: nested mappings, lists of
/// scalars, flow collections on one line, comments and quotes. All else is an error that says so; nothing is guessed.
indirect enum SimpleYAML: Equatable {
    case scalar(String)
    case list([SimpleYAML])
    case mapping([String: SimpleYAML])

    /// - Parameter name: of the file, for errors.
    static func parse(_ text: String, name: String) throws(ClientConfigurationError) -> Self {
        var lines: [Line] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = Line(line, number: index + 1, file: name)
            if content.text.contains("\t") { throw content.error("tabs are not understood; indent by spaces") }
            if !content.text.isEmpty, content.text != "---" { lines.append(content) }
        }
        guard let first = lines.first else { return .mapping([:]) }
        var rest = lines[...]
        let node = try block(&rest, indent: first.indent)
        if let line = rest.first { throw line.error("the indentation fits nothing above") }
        return node
    }

    private static func block(_ lines: inout ArraySlice<Line>, indent: Int) throws(ClientConfigurationError) -> Self {
        guard let first = lines.first else { return .mapping([:]) }
        return first.isListItem ? try list(&lines, indent: indent) : try mapping(&lines, indent: indent)
    }

    private static func list(_ lines: inout ArraySlice<Line>, indent: Int) throws(ClientConfigurationError) -> Self {
        var items: [SimpleYAML] = []
        while let line = lines.first, line.indent == indent, line.isListItem {
            lines.removeFirst()
            items.append(try FlowParser.parse(line.text.dropFirst(2), of: line))
        }
        return .list(items)
    }

    private static func mapping(_ lines: inout ArraySlice<Line>, indent: Int) throws(ClientConfigurationError) -> Self {
        var entries: [String: SimpleYAML] = [:]
        while let line = lines.first, line.indent == indent, !line.isListItem {
            lines.removeFirst()
            let (key, value) = try line.keyAndValue()
            guard entries[key] == nil else { throw line.error("\(key) is given twice") }
            if !value.isEmpty {
                entries[key] = try FlowParser.parse(value, of: line)
            } else if let next = lines.first, next.indent > indent || next.indent == indent && next.isListItem {
                entries[key] = try block(&lines, indent: next.indent)
            } else {
                throw line.error("\(key) has no value")
            }
        }
        return .mapping(entries)
    }

    /// One line without its indentation and comment.
    struct Line {
        let text: Substring
        let indent: Int
        let number: Int
        let file: String

        init(_ line: Substring, number: Int, file: String) {
            let body = line.drop { $0 == " " }
            indent = line.count - body.count
            text = Self.withoutComment(body)
            self.number = number
            self.file = file
        }

        var isListItem: Bool { text.hasPrefix("- ") }

        func error(_ problem: String) -> ClientConfigurationError {
            ClientConfigurationError("\(file):\(number): \(problem)")
        }

        func keyAndValue() throws(ClientConfigurationError) -> (String, Substring) {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
                throw error("key: value is wanted")
            }
            let value = text[text.index(after: colon)...]
            guard value.isEmpty || value.hasPrefix(" ") else { throw error("a space is wanted after the colon") }
            return (String(text[..<colon]), value.drop { $0 == " " })
        }

        private static func withoutComment(_ text: Substring) -> Substring {
            var quote: Character?
            var previous: Character = " "
            var end = text.endIndex
            for index in text.indices {
                let character = text[index]
                if let open = quote {
                    if character == open { quote = nil }
                } else if character == "\"" || character == "'" {
                    quote = character
                } else if character == "#", previous == " " {
                    end = index
                    break
                }
                previous = character
            }
            var kept = text[..<end]
            while kept.last == " " || kept.last == "\r" || kept.last == "\r\n" { kept.removeLast() }
            return kept
        }
    }
}
