/// Which fields a rule is about: `*`, `table.*`, `*.field` or `table.field`. A name is split at its last dot, so that a
/// table may carry its schema (`public.users.email`).
public enum FieldPattern: Hashable, Sendable, CustomStringConvertible {
    case all
    case table(String)
    case column(String)
    case field(table: String, column: String)

    /// PostgreSQL's identifiers have at most 63 bytes; two of them and a schema fit.
    static let maximumBytes = 255

    /// Nil where the text is no pattern.
    public init?(_ text: String) {
        if text == "*" {
            self = .all
            return
        }
        guard text.utf8.count <= Self.maximumBytes, let dot = text.lastIndex(of: ".") else { return nil }
        let table = text[..<dot]
        let column = text[text.index(after: dot)...]
        switch (table == "*", column == "*") {
        case (true, true): return nil
        case (false, true) where Self.isName(table): self = .table(String(table))
        case (true, false) where Self.isName(column): self = .column(String(column))
        case (false, false) where Self.isName(table) && Self.isName(column):
            self = .field(table: String(table), column: String(column))
        default: return nil
        }
    }

    /// As it was written.
    public var description: String {
        switch self {
        case .all: "*"
        case .table(let table): "\(table).*"
        case .column(let column): "*.\(column)"
        case .field(let table, let column): "\(table).\(column)"
        }
    }

    /// Compared byte by byte: names that differ in Unicode normalisation differ.
    public func matches(table: some StringProtocol, column: some StringProtocol) -> Bool {
        switch self {
        case .all: true
        case .table(let name): name.utf8.elementsEqual(table.utf8)
        case .column(let name): name.utf8.elementsEqual(column.utf8)
        case .field(let tableName, let columnName):
            tableName.utf8.elementsEqual(table.utf8) && columnName.utf8.elementsEqual(column.utf8)
        }
    }

    /// A name has no wildcard, no control character or white space, and no empty part between dots.
    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains("..")
            && name.unicodeScalars.allSatisfy { scalar in
                scalar != "*" && scalar.value > 0x20 && scalar.value != 0x7f && !scalar.properties.isWhitespace
            }
    }
}
