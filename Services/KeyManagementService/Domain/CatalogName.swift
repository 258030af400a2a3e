/// `table.field`, split at the last dot: a table's name may hold a schema, a field's holds no dot.
struct FieldName: Hashable, Sendable, CustomStringConvertible {
    let table: String
    let field: String

    init(table: String, field: String) {
        self.table = table
        self.field = field
    }

    /// Nil unless both halves are valid names.
    init?(_ text: String) {
        guard let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        table = String(text[..<dot])
        field = String(text[text.utf8.index(after: dot)...])
        guard CatalogName.isTable(table), CatalogName.isColumn(field) else { return nil }
    }

    var description: String { "\(table).\(field)" }
}

/// What names in the catalog may look like, so that they cannot be taken for patterns, separators or each other.
enum CatalogName {
    /// PostgreSQL's limit for an identifier, in bytes.
    static let maximumBytes = 63

    /// Names which no table may have, because they name keys.
    static let reserved: Set<String> = ["master", "audit-hash", "store-integrity"]

    /// A column, field or index: 1 to 63 bytes of letters, digits, `_`, `-` and `$`.
    static func isColumn(_ name: some StringProtocol) -> Bool {
        (1...maximumBytes).contains(name.utf8.count) && name.unicodeScalars.allSatisfy(isAllowed)
    }

    /// A table: one to three such names with dots between them (`orders`, `shop.orders`).
    static func isTable(_ name: some StringProtocol) -> Bool {
        let parts = name.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        return (1...3).contains(parts.count) && parts.allSatisfy { isColumn($0) }
    }

    /// A place outside a field's own column that holds its ciphertexts: 1 to 200 bytes, with `.`, `/` and `:` besides.
    static func isLocation(_ name: some StringProtocol) -> Bool {
        (1...200).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { isAllowed($0) || $0 == "." || $0 == "/" || $0 == ":" }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", "-", "$": true
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }
}
