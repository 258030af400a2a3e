/// Rows under headings, in columns as wide as their widest cell.
struct Table {
    private let headings: [String]
    private let numeric: Set<Int>
    private var rows: [[String]] = []

    /// - Parameter numeric: headings of columns that are set flush right.
    init(_ headings: [String], numeric: Set<String> = []) {
        self.headings = headings
        self.numeric = Set(headings.indices.filter { numeric.contains(headings[$0]) })
    }

    mutating func append(_ cells: [String]) {
        rows.append(cells.map(Self.printable))
    }

    var text: String {
        let lines = [headings] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return numeric.contains(column) ? space + cells[column] : cells[column] + space
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// Control characters could rewrite the terminal.
    static func printable(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return cell }
        var scalars = String.UnicodeScalarView()
        for scalar in cell.unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        return String(scalars)
    }
}
