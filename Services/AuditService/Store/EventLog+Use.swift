import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// Rows of one summary.
    static let maximumUses = 10_000
    /// An answer has at most 4 MiB.
    private static let summaryBytes = 3 << 20

    /// The events of a filter, added up by actor, asserted actor, operation, table, field and key version; in this order.
    /// `truncated` says that there are more groups than the answer holds.
    func use(_ request: UseRequest) async throws -> Proto.SummarizeUseResponse {
        var query: PostgresQuery = """
            SELECT actor, asserted_actor, operation, table_name, field_name, key_version,
                least(coalesce(sum(item_count) FILTER (WHERE outcome = 0), 0), \(Int64.max))::bigint AS succeeded,
                least(coalesce(sum(item_count) FILTER (WHERE outcome <> 0), 0), \(Int64.max))::bigint AS failed,
                min(first_unix_us) AS first_unix_us, max(last_unix_us) AS last_unix_us
            FROM audit_events WHERE true
            """
        query.append(request.filter.conditions)
        if let span = try await span(of: request.filter) { query.append(span.condition) }
        if let versions = request.keyVersions { query.append(" AND key_version = ANY(\(versions))") }
        query.append(" GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6 LIMIT \(Int64(Self.maximumUses + 1))")
        var response = Proto.SummarizeUseResponse()
        var bytes = 0
        for row in try await pool.query(query) {
            let use = try Proto.UseSummary(row)
            bytes += use.encoded().count + 6
            guard response.uses.count < Self.maximumUses, bytes <= Self.summaryBytes else {
                response.truncated = true
                break
            }
            response.uses.append(use)
        }
        return response
    }

    /// The newest revision of its store that a producer has logged; 0: none.
    func storeRevision(of producer: String) async throws -> Int64 {
        let rows = try await pool.query(
            """
            (SELECT store_revision FROM audit_events JOIN audit_blocks USING (position, month)
                WHERE producer = \(producer) AND store_revision <> 0 ORDER BY store_revision DESC LIMIT 1)
            UNION ALL SELECT coalesce(max(store_revision), 0) FROM audit_archived_epochs WHERE producer = \(producer)
            ORDER BY store_revision DESC LIMIT 1
            """)
        return try rows.first?.value("store_revision") ?? 0
    }
}

extension Proto.UseSummary {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            actor: try row.value("actor"), assertedActor: try row.value("asserted_actor"),
            operation: Proto.Operation(rawValue: try row.value("operation")) ?? .unspecified,
            table: try row.value("table_name"), field: try row.value("field_name"),
            keyVersion: UInt64(bitPattern: try row.value("key_version", as: Int64.self)),
            succeeded: UInt64(clamping: try row.value("succeeded", as: Int64.self)),
            failed: UInt64(clamping: try row.value("failed", as: Int64.self)),
            firstUnixUs: try row.value("first_unix_us"), lastUnixUs: try row.value("last_unix_us"))
    }
}
