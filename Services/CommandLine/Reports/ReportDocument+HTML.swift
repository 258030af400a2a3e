extension ReportDocument {
    /// A page that needs nothing beside itself, runs nothing, and prints on A4 or letter paper.
    var html: String {
        var lines = [
            "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\">",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            "<title>\(Self.escaped(title))</title>", "<style>", Self.style, "</style>", "</head>", "<body>",
            "<h1>\(Self.escaped(title))</h1>", "<dl>",
        ]
        lines += facts.map { "<dt>\(Self.escaped($0.name))</dt><dd>\(Self.escaped($0.value))</dd>" }
        lines.append("</dl>")
        for section in sections {
            lines.append("<h2>\(Self.escaped(section.title))</h2>")
            for block in section.blocks { lines += Self.lines(of: block) }
        }
        return (lines + ["</body>", "</html>"]).joined(separator: "\n") + "\n"
    }

    private static let style = """
        body { font: 10pt/1.4 system-ui, sans-serif; color: #111; max-width: 60em; margin: 2em auto; padding: 0 1em }
        h1 { font-size: 18pt } h2 { font-size: 13pt; margin-top: 2em; break-after: avoid }
        dl { display: grid; grid-template-columns: max-content auto; gap: .2em 1em } dt { font-weight: 600 } dd { margin: 0 }
        table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
        th, td { border: 1px solid #bbb; padding: .25em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere }
        th { background: #eee } tr { break-inside: avoid } .n { text-align: right; white-space: nowrap }
        @page { margin: 18mm 15mm } @media print { body { margin: 0; max-width: none } }
        """

    private static func lines(of block: Block) -> [String] {
        switch block {
        case .paragraph(let text): return ["<p>\(escaped(text))</p>"]
        case .table(let headings, let rows, let numeric):
            func row(_ cells: [String], _ name: String) -> String {
                let cells = cells.enumerated().map { place, cell in
                    "<\(name)\(numeric.contains(place) ? " class=\"n\"" : "")>\(escaped(cell))</\(name)>"
                }
                return "<tr>\(cells.joined())</tr>"
            }
            return ["<table>", "<thead>\(row(headings, "th"))</thead>", "<tbody>"] + rows.map { row($0, "td") }
                + ["</tbody>", "</table>"]
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            case _ where scalar.properties.generalCategory == .control: escaped.append(" ")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
