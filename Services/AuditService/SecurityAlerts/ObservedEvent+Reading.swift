import FieldsealMessages
import FieldsealPostgres

extension ObservedEvent {
    /// Of encoded events, in one read; a block's have 256 KiB at most.
    private static let detailBytes = 4 << 20

    /// Events in their order, the index of the last one, and whether they are as many as are read at once.
    static func stored(
        after index: Int64, limit: Int, _ connection: PostgresConnection
    ) async throws -> (list: [ObservedEvent], last: Int64?, isFull: Bool) {
        // Their causes stand in the encodings alone, which only failures and revocations need.
        let revocations = SecurityWatch.revocations.map(\.rawValue)
        let rows = try await connection.query(
            """
            SELECT *, bytes_before + coalesce(octet_length(detail), 0) AS bytes FROM (
                SELECT *, coalesce(sum(octet_length(detail)) OVER (
                    ORDER BY index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
                FROM (
                    SELECT index, last_unix_us, actor, operation, table_name, field_name, key_version, outcome, item_count,
                        CASE WHEN outcome <> 0 OR operation = ANY(\(revocations)) THEN event END AS detail
                    FROM audit_events WHERE index > \(index) ORDER BY index LIMIT \(Int64(limit))
                ) AS next
            ) AS event
            WHERE bytes_before < \(Int64(detailBytes)) ORDER BY index
            """)
        let bytes: Int64 = try rows.last?.value("bytes") ?? 0
        return (
            try rows.map(ObservedEvent.init), try rows.last?.value("index"),
            rows.count == limit || bytes >= Int64(detailBytes)
        )
    }

    init(_ row: PostgresRow) throws {
        let detail = try row.optional("detail", as: [UInt8].self).map { try? Proto.Event(decoding: $0) } ?? nil
        self.init(
            time: try row.value("last_unix_us"), actor: try row.value("actor"),
            operation: Proto.Operation(rawValue: try row.value("operation")) ?? .unspecified,
            table: try row.value("table_name"), field: try row.value("field_name"),
            keyVersion: UInt64(bitPattern: try row.value("key_version", as: Int64.self)),
            outcome: try row.value("outcome"), cause: detail?.cause ?? "", count: try row.value("item_count"))
    }
}

extension SecurityWatch {
    /// What the log says of versions that came to their end before anybody watched.
    static func revocations(_ connection: PostgresConnection) async throws -> WatchMemories<RevokedVersion> {
        var watch = SecurityWatch()
        var last: Int64 = 0
        while true {
            let rows = try await connection.query(
                """
                SELECT index, last_unix_us, actor, operation, table_name, field_name, key_version, outcome, item_count,
                    event AS detail
                FROM audit_events
                WHERE operation = ANY(\(revocations.map(\.rawValue))) AND key_version <> 0 AND outcome = 0 AND index > \(last)
                ORDER BY index LIMIT 500
                """)
            guard let end = try rows.last?.value("index", as: Int64.self) else { return watch.revoked }
            last = end
            for row in rows { watch.noteRevocation(try ObservedEvent(row)) }
        }
    }
}
