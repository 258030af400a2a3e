import FieldsealCrypto

// What the MAC of a catalog row covers: all its columns and the revision that wrote it.

extension CatalogTable {
    /// Key columns as the store holds them; their names hold no comma.
    var keyColumnList: String { keyColumns.joined(separator: ",") }

    static func keyColumns(list: String) -> [String] { list.split(separator: ",").map(String.init) }

    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "catalog_tables", revision: revision)
        row.append("id", id)
        row.append("name", name)
        row.append("key_columns", keyColumnList)
        row.append("is_removed", isRemoved)
        return row
    }
}

extension CatalogField {
    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "catalog_fields", revision: revision)
        row.append("id", id)
        row.append("table_id", tableID)
        row.append("name", name)
        row.append("sensitivity", Int64(sensitivity.rawValue))
        row.append("suite", Int64(protection.suite.rawValue))
        row.append("row_bound", protection.rowBound)
        row.append("record_keys", protection.recordKeys)
        row.append("is_removed", isRemoved)
        // Columns of a later migration enter where they say something (see `KeyStoreSchema.fieldLifecycle`).
        if protection.subjectKeys { row.append("subject_keys", true) }
        if let days = lifecycle.rotationDays { row.append("rotation_days", Int64(days)) }
        if let days = lifecycle.transitionDays { row.append("transition_days", Int64(days)) }
        if lifecycle.isDual { row.append("dual", true) }
        if let days = lifecycle.backupRetentionDays { row.append("backup_retention_days", Int64(days)) }
        if !lifecycle.locations.isEmpty { row.append("locations", locationList) }
        return row
    }

    /// Locations as the store holds them; their names hold no comma.
    var locationList: String { lifecycle.locations.joined(separator: ",") }
}

extension CatalogIndex {
    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "catalog_indexes", revision: revision)
        row.append("id", id)
        row.append("field_id", fieldID)
        row.append("name", name)
        row.append("bits", Int64(bits))
        row.append("normaliser", Int64(normaliser.rawValue))
        row.append("is_removed", isRemoved)
        // As with fields, columns of a later migration enter where they say something.
        if kind.isFilter {
            row.append("kind", Int64(kind.numbers.kind))
            row.append("hashes", Int64(kind.numbers.hashes))
            row.append("shortest", Int64(kind.numbers.shortest))
            row.append("longest", Int64(kind.numbers.longest))
        }
        if kind.isPair {
            row.append("kind", Int64(kind.numbers.kind))
            row.append("beside", beside)
            row.append("beside_normaliser", Int64(kind.numbers.beside))
        }
        return row
    }
}
