extension ReportDocument {
    /// CommonMark with the tables of GitHub.
    var markdown: String {
        var lines = ["# \(Self.escaped(title))", ""]
        lines += facts.map { "- **\(Self.escaped($0.name))**: \(Self.escaped($0.value))" }
        for section in sections {
            lines += ["", "## \(Self.escaped(section.title))"]
            for block in section.blocks { lines += [""] + Self.lines(of: block) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(of block: Block) -> [String] {
        switch block {
        case .paragraph(let text): return [escaped(text)]
        case .table(let headings, let rows, let numeric):
            let rule = headings.indices.map { numeric.contains($0) ? "---:" : "---" }
            return [line(headings), "| \(rule.joined(separator: " | ")) |"] + rows.map(line)
        }
    }

    private static func line(_ cells: [String]) -> String { "| \(cells.map(escaped).joined(separator: " | ")) |" }

    /// Whatever Markdown or HTML could take for more than text is escaped; control characters become spaces.
    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~":
                escaped.append("\\")
                escaped.append(scalar)
            case _ where scalar.properties.generalCategory == .control: escaped.append(" ")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
