/// Rows as RFC 4180 writes them: a heading, CRLF behind each line, quotes where they are needed.
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula. Names in the log come from
/// certificates and the catalog, so such a cell gets an apostrophe in front.
struct CSV {
    private(set) var text: String

    init(_ headings: [String]) {
        text = Self.line(headings)
    }

    mutating func append(_ cells: [String]) { text += Self.line(cells) }

    private static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    private static func cell(_ cell: String) -> String {
        // By scalars: a character can be a quote with an accent, or CR and LF together.
        let scalars = cell.unicodeScalars
        let isFormula = scalars.first.map { formulas.contains($0) } ?? false
        guard isFormula || scalars.contains(where: { quoted.contains($0) }) else { return cell }
        var text = (isFormula ? "\"'" : "\"").unicodeScalars
        for scalar in scalars {
            if scalar == "\"" { text.append(scalar) }
            text.append(scalar)
        }
        text.append("\"")
        return String(text)
    }

    /// The full-width ones count too, in some spreadsheets.
    private static let formulas = "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars
    private static let quoted = "\",\r\n".unicodeScalars
}
