import FieldsealPostgres
import FieldsealTransparencyLog

/// Where the events of a span of time stand: within a range of indexes, or behind those of the complete tiles.
struct EventSpan: Hashable, Sendable {
    /// Nil: none of the complete tiles has one.
    let range: ClosedRange<Int64>?
    /// The last index of the complete tiles.
    let complete: Int64
}

extension EventLog {
    /// Stores between which times the events of tiles were. Only inside the transaction that stores their last blocks.
    func storeSpans(of tiles: Range<UInt64>, _ connection: PostgresConnection) async throws {
        let (first, last) = (tiles.lowerBound * Tile.width, tiles.upperBound * Tile.width)
        try await connection.query(
            """
            INSERT INTO audit_spans (tile, first_event, last_event, first_unix_us, last_unix_us)
            SELECT (position - 1) / \(Int64(Tile.width)), min(index), max(index), min(first_unix_us), max(last_unix_us)
            FROM audit_events WHERE position > \(Int64(clamping: first)) AND position <= \(Int64(clamping: last))
            GROUP BY 1
            """)
    }

    /// Where the events stand that a filter's times may hold; nil where it names none.
    func span(of filter: EventFilter) async throws -> EventSpan? {
        guard filter.from != nil || filter.until != nil else { return nil }
        let row = try await pool.query(
            """
            SELECT min(first_event) AS first, max(last_event) AS last, (
                    SELECT coalesce(max(last_event), 0) FROM audit_spans) AS complete
            FROM audit_spans
            WHERE last_unix_us >= \(filter.from ?? .min) AND first_unix_us < \(filter.until ?? .max)
            """
        ).single()
        guard let first: Int64 = try row.optional("first"), let last: Int64 = try row.optional("last"), first <= last
        else { return EventSpan(range: nil, complete: try row.value("complete")) }
        return EventSpan(range: first...last, complete: try row.value("complete"))
    }
}

extension EventSpan {
    /// Each begins with AND; an event of the span satisfies one of them alone.
    var parts: [PostgresQuery] {
        var parts: [PostgresQuery] = [" AND index > \(complete)"]
        if let range { parts.append(" AND index BETWEEN \(range.lowerBound) AND \(range.upperBound)") }
        return parts
    }

    /// Begins with AND.
    var condition: PostgresQuery {
        guard let range else { return " AND index > \(complete)" }
        return " AND (index > \(complete) OR index BETWEEN \(range.lowerBound) AND \(range.upperBound))"
    }
}
