import FieldsealCrypto
import FieldsealPostgres

/// A table whose rows stand in the store's change chain. Whoever adds one to `StoreChange.Table` says here how its rows
/// are found: each start compares them with the chain, and a new store-integrity key authenticates them anew.
struct StoreTable: Sendable {
    struct Row: Sendable {
        var id: ObjectID
        var canonical: CanonicalRow
    }

    let name: String
    /// The column with the id under which the chain knows a row.
    let idColumn: String
    /// All rows, verified.
    let rows: @Sendable (StoreReader) async throws -> [Row]
}

extension StoreChange.Table {
    var table: StoreTable {
        switch self {
        case .keys:
            StoreTable(name: "encryption_keys", idColumn: "id") { reader in
                try await reader.keys("true", limit: Int(Int32.max)).map {
                    .init(id: $0.identity.row, canonical: $0.canonical)
                }
            }
        case .catalogTables:
            StoreTable(name: "catalog_tables", idColumn: "id") { reader in
                try await reader.rows(of: CatalogTable.columns, in: "catalog_tables") { row in
                    let table = try CatalogTable(row)
                    return .init(id: table.id, canonical: table.canonical(revision: try row.revision()))
                }
            }
        case .catalogFields:
            StoreTable(name: "catalog_fields", idColumn: "id") { reader in
                try await reader.rows(of: CatalogField.columns, in: "catalog_fields") { row in
                    let field = try CatalogField(row)
                    return .init(id: field.id, canonical: field.canonical(revision: try row.revision()))
                }
            }
        case .catalogIndexes:
            StoreTable(name: "catalog_indexes", idColumn: "id") { reader in
                try await reader.rows(of: CatalogIndex.columns, in: "catalog_indexes") { row in
                    let index = try CatalogIndex(row)
                    return .init(id: index.id, canonical: index.canonical(revision: try row.revision()))
                }
            }
        case .subjectKeys:
            StoreTable(name: "subject_keys", idColumn: "id") { reader in
                try await reader.rows(of: SubjectKeyRecord.columns, in: "subject_keys") { row in
                    let record = try SubjectKeyRecord(row)
                    return .init(id: record.id, canonical: record.canonical)
                }
            }
        case .masterKeyWraps:
            StoreTable(name: "master_key_wraps", idColumn: "id") { reader in
                try await reader.rows(of: MasterKeyWrap.columns, in: "master_key_wraps") { row in
                    let wrap = try MasterKeyWrap(row)
                    return .init(id: wrap.id, canonical: wrap.canonical)
                }
            }
        case .scheduleNotes:
            StoreTable(name: "key_schedule", idColumn: "id") { reader in
                try await reader.rows(of: "*", in: "key_schedule") { row in
                    let note = try ScheduleNote(row)
                    return .init(id: note.id, canonical: note.canonical(revision: try row.revision()))
                }
            }
        case .censuses:
            StoreTable(name: "key_census", idColumn: "id") { reader in
                try await reader.rows(of: "*", in: "key_census") { row in
                    let census = try Census(row)
                    let id = try Census.id(field: census.field, location: census.location)
                    return .init(id: id, canonical: census.canonical(id: id, revision: try row.revision()))
                }
            }
        case .rotationPauses:
            StoreTable(name: "rotation_pauses", idColumn: "id") { reader in
                try await reader.rows(of: "*", in: "rotation_pauses") { row in
                    let pause = try RotationPause(row)
                    return .init(id: pause.id, canonical: pause.canonical(revision: try row.revision()))
                }
            }
        case .quarantine:
            StoreTable(name: "store_quarantine", idColumn: "store_id") { reader in
                try await reader.rows(of: Quarantine.columns, in: "store_quarantine") { row in
                    let quarantine = try Quarantine(row)
                    return .init(id: quarantine.storeID, canonical: quarantine.canonical(revision: try row.revision()))
                }
            }
        case .reencryption:
            StoreTable(name: "reencryption_requests", idColumn: "field_id") { reader in
                try await reader.rows(of: ReencryptionRequest.columns, in: "reencryption_requests") { row in
                    let request = try ReencryptionRequest(row)
                    return .init(id: request.fieldID, canonical: request.canonical(revision: try row.revision()))
                }
            }
        }
    }
}

extension StoreReader {
    /// The rows of a table, each verified.
    func rows(
        of columns: PostgresQuery, in table: String, _ make: (PostgresRow) throws -> StoreTable.Row
    ) async throws -> [StoreTable.Row] {
        try await connection.query("SELECT \(columns) FROM \(identifier: table)").map { stored in
            let row = try make(stored)
            try verify(stored, row.canonical, "\(table) \(row.id)")
            return row
        }
    }
}
