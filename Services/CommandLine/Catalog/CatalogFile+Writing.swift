import FieldsealClient

extension CatalogFile {
    /// The file that declares these tables.
    static func yaml(_ tables: [CatalogTable]) -> String {
        guard !tables.isEmpty else { return "version: 1\ntables: []" }
        var lines = ["version: 1", "tables:"]
        for table in tables {
            lines.append("  - name: \(scalar(table.name))")
            lines.append("    key-columns: [\(table.keyColumns.map(scalar).joined(separator: ", "))]")
            lines.append(table.fields.isEmpty ? "    fields: []" : "    fields:")
            for field in table.fields { lines += self.lines(field) }
        }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ field: CatalogField) -> [String] {
        var lines = [
            "      - name: \(scalar(field.name))", "        sensitivity: \(field.sensitivity.word)",
            "        suite: \(field.suite.word)", "        row-bound: \(field.rowBound)",
            "        record-keys: \(field.recordKeys)",
        ]
        if field.subjectKeys { lines.append("        subject-keys: true") }
        if field.rotationDays > 0 { lines.append("        rotation-days: \(field.rotationDays)") }
        if field.transitionDays > 0 { lines.append("        transition-days: \(field.transitionDays)") }
        if field.dual { lines.append("        dual: true") }
        if let days = field.backupRetentionDays { lines.append("        backup-retention-days: \(days)") }
        if !field.locations.isEmpty {
            lines.append("        locations: [\(field.locations.map(scalar).joined(separator: ", "))]")
        }
        guard !field.indexes.isEmpty else { return lines }
        lines.append("        indexes:")
        for index in field.indexes { lines.append("          - {\(entries(index).joined(separator: ", "))}") }
        return lines
    }

    private static func entries(_ index: IndexDescription) -> [String] {
        var entries = ["name: \(scalar(index.name))"]
        if index.kind != .equality { entries.append("kind: \(index.kind.word)") }
        entries.append("bits: \(index.bits)")
        if index.hashes > 0 { entries.append("hashes: \(index.hashes)") }
        if index.kind == .prefix { entries += ["shortest: \(index.shortest)", "longest: \(index.longest)"] }
        entries.append("normaliser: \(index.normaliser.word)")
        if index.kind == .pair {
            entries += [
                "beside: \(scalar(index.beside))", "beside-normaliser: \(index.besideNormaliser.word)",
            ]
        }
        if index.leakageAccepted { entries.append("accept-leakage: true") }
        return entries
    }

    /// Plain where that is safe, quoted otherwise.
    private static func scalar(_ text: String) -> String {
        let letters: ClosedRange<Character> = "a"..."z"
        let digits: ClosedRange<Character> = "0"..."9"
        let isPlain = text.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == "_" }
        let isWord = text.first.map { letters.contains($0) } ?? false
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        if isPlain && isWord && !reserved.contains(text) { return text }
        return "'"
            + Table.printable(text).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }
}

extension CatalogTable {
    var json: JSON {
        .object([
            ("name", .string(name)), ("id", .string(uuidText(id))),
            ("key-columns", .array(keyColumns.map { .string($0) })),
            ("fields", .array(fields.map(\.json))),
        ])
    }
}

extension CatalogField {
    /// How long backups of the data live; nil: undeclared.
    fileprivate var backupRetentionDays: UInt32? {
        switch backupRetention {
        case .backupRetentionDays(let days): days
        case nil: nil
        }
    }

    var json: JSON {
        let indexes = indexes.map { index in
            func number(_ value: UInt32) -> JSON { value == 0 ? .null : .unsigned(UInt64(value)) }
            return JSON.object([
                ("name", .string(index.name)), ("id", .string(uuidText(index.id))),
                ("kind", .string(index.kind.word)), ("bits", .unsigned(UInt64(index.bits))),
                ("normaliser", .string(index.normaliser.word)), ("hashes", number(index.hashes)),
                ("shortest", number(index.shortest)), ("longest", number(index.longest)),
                ("accept-leakage", .bool(index.leakageAccepted)), ("beside", .text(index.beside)),
                ("beside-normaliser", index.beside.isEmpty ? .null : .string(index.besideNormaliser.word)),
            ])
        }
        return .object([
            ("name", .string(name)), ("id", .string(uuidText(id))), ("sensitivity", .string(sensitivity.word)),
            ("suite", .string(suite.word)), ("row-bound", .bool(rowBound)), ("record-keys", .bool(recordKeys)),
            ("subject-keys", .bool(subjectKeys)),
            ("rotation-days", rotationDays == 0 ? .null : .unsigned(UInt64(rotationDays))),
            ("transition-days", transitionDays == 0 ? .null : .unsigned(UInt64(transitionDays))),
            ("dual", .bool(dual)),
            ("backup-retention-days", backupRetentionDays.map { .unsigned(UInt64($0)) } ?? .null),
            ("locations", .array(locations.map { .string($0) })), ("indexes", .array(indexes)),
        ])
    }
}
