import FieldsealCrypto
import FieldsealPostgres

@testable import KeyManagementService

/// What the application does.
extension TwoYears {
    /// Fifty tables with a field of the default period and one of its own.
    static func declare(_ replica: KeyAuthority) async throws -> [FieldName] {
        let tables = (0..<50).map { number in
            CatalogDeclaration.Table(
                name: "t\(number)", keyColumns: ["id"],
                fields: [
                    .init(
                        name: "plain", sensitivity: .high, rowBound: false, recordKeys: false,
                        lifecycle: .init(backupRetentionDays: 14), indexes: []),
                    .init(
                        name: "slow", sensitivity: .low, rowBound: false, recordKeys: false,
                        lifecycle: .init(rotationDays: 180, transitionDays: 10, backupRetentionDays: 0), indexes: []),
                ])
        }
        _ = try await replica.applyCatalog(CatalogDeclaration(tables: tables), context: .test)
        let fields = tables.flatMap { table in table.fields.map { FieldName(table: table.name, field: $0.name) } }
        for field in fields { _ = try await replica.ensureKeys(of: field, context: .test) }
        return fields
    }

    /// All values have moved to the active versions and are counted; all fields in one transaction.
    func count() async throws {
        _ = try await observer.change { writer in
            let records = Dictionary(
                grouping: try await writer.reader.keys("key_type = 'fek' AND state <> 'destroyed'", limit: 10_000),
                by: \.object.id)
            let censuses = Dictionary(
                try await writer.reader.censuses(where: "true").map { ($0.field, $0) },
                uniquingKeysWith: { first, _ in first })
            for (field, versions) in records {
                let report = CensusRules.Report(
                    field: field, location: "", begunUnixUs: writer.nowUnixUs, reportedUnixUs: writer.nowUnixUs,
                    reporter: "test", isPrimary: true)
                try await writer.write(
                    CensusRules.census(report, counts: [:], versions: versions, after: censuses[field]))
            }
        }
    }
}
