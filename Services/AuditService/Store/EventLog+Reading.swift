import FieldsealMessages
import FieldsealPostgres
import FieldsealServiceRuntime

/// Events in the order asked for, and where the next ones begin.
struct EventPage: Sendable {
    var events: [Proto.StoredEvent] = []
    /// The index of the last event that the next page begins behind; nil: there are no more.
    var last: Int64?
}

extension EventLog {
    /// Rows read at once: events are up to 256 KiB each.
    private static let chunk = 100
    /// A page ends here even when it holds fewer events than were asked for: an answer has at most 4 MiB.
    private static let pageBytes = 2 << 20

    func page(_ filter: EventFilter, _ request: PageRequest) async throws -> EventPage {
        var page = EventPage()
        var bytes = 0
        let span = try await span(of: filter)
        var after = request.after
        while true {
            let wanted = min(Self.chunk, request.size + 1 - page.events.count)
            let rows = try await rows(
                filter, in: span, after: after, upTo: request.last, newestFirst: request.isNewestFirst, limit: wanted)
            for row in rows {
                let encoded = try row.value("event", as: [UInt8].self)
                let isFull = page.events.count == request.size || bytes + encoded.count > Self.pageBytes
                if isFull, !page.events.isEmpty, let after {
                    page.last = after
                    return page
                }
                bytes += encoded.count
                let stored = try Self.stored(row, encoded)
                page.events.append(stored)
                after = Int64(bitPattern: stored.index)
            }
            guard rows.count == wanted else { return page }
        }
    }

    /// The index of the newest event; 0 in an empty log.
    func lastIndex() async throws -> Int64 {
        try await pool.query("SELECT coalesce(max(index), 0) AS last FROM audit_events").single().value("last")
    }

    func status() async throws -> Proto.AuditStatusResponse {
        let counts = try await pool.query(
            """
            SELECT (SELECT coalesce(max(position), 0) FROM audit_blocks) AS blocks,
                (SELECT coalesce(max(index), 0) FROM audit_events) AS events
            """
        ).single()
        // A loose scan over the producers, each with the epoch of its newest block.
        let producers = try await pool.query(
            """
            WITH RECURSIVE names AS (
                (SELECT producer FROM audit_blocks ORDER BY producer LIMIT 1)
                UNION ALL
                SELECT (SELECT producer FROM audit_blocks WHERE producer > names.producer ORDER BY producer LIMIT 1)
                FROM names WHERE names.producer IS NOT NULL
            )
            SELECT newest.producer, newest.epoch, newest.sequence, newest.last_unix_us
            FROM names CROSS JOIN LATERAL (
                SELECT * FROM audit_blocks WHERE audit_blocks.producer = names.producer
                ORDER BY position DESC LIMIT 1
            ) AS newest
            LIMIT 1000
            """)
        let findings = try await findings()
        let events = UInt64(bitPattern: try counts.value("events", as: Int64.self))
        return Proto.AuditStatusResponse(
            blocks: UInt64(bitPattern: try counts.value("blocks", as: Int64.self)), events: events, lastIndex: events,
            producers: try producers.map { row in
                Proto.ProducerStatus(
                    producer: try row.value("producer"), epoch: try row.value("epoch"),
                    sequence: UInt64(bitPattern: try row.value("sequence", as: Int64.self)),
                    lastUnixUs: try row.value("last_unix_us"))
            }, findings: findings.listed, openFindings: findings.open)
    }

    private func rows(
        _ filter: EventFilter, in span: EventSpan?, after: Int64?, upTo last: Int64?, newestFirst: Bool, limit: Int
    ) async throws -> PostgresRows {
        let order: PostgresQuery =
            newestFirst ? " ORDER BY index DESC LIMIT \(Int64(limit))" : " ORDER BY index LIMIT \(Int64(limit))"
        func part(_ place: PostgresQuery) -> PostgresQuery {
            var query: PostgresQuery = """
                (SELECT index, event, producer, epoch, sequence, stored_unix_us
                FROM audit_events JOIN audit_blocks USING (position, month) WHERE true
                """
            query.append(place)
            if let after { query.append(newestFirst ? " AND index < \(after)" : " AND index > \(after)") }
            if let last { query.append(" AND index <= \(last)") }
            query.append(filter.conditions)
            query.append(order)
            query.append(")")
            return query
        }
        let parts = (span?.parts ?? [""]).map(part)
        var query = parts[0]
        for other in parts.dropFirst() { query.append(" UNION ALL \(other)") }
        if parts.count > 1 { query.append(order) }
        return try await pool.query(query)
    }

    private static func stored(_ row: PostgresRow, _ encoded: [UInt8]) throws -> Proto.StoredEvent {
        guard let event = try? Proto.Event(decoding: encoded) else { throw AuditServiceError.corrupt }
        return Proto.StoredEvent(
            index: UInt64(bitPattern: try row.value("index", as: Int64.self)), producer: try row.value("producer"),
            epoch: try row.value("epoch"), blockSequence: UInt64(bitPattern: try row.value("sequence", as: Int64.self)),
            storedUnixUs: try row.value("stored_unix_us"), event: event)
    }
}

extension EventFilter {
    /// Each begins with AND. An event belongs to a time span when any of its items does.
    var conditions: PostgresQuery {
        var query: PostgresQuery = ""
        if let from { query.append(" AND audit_events.last_unix_us >= \(from)") }
        if let until { query.append(" AND audit_events.first_unix_us < \(until)") }
        if let actor { query.append(" AND actor = \(actor)") }
        if !operations.isEmpty { query.append(" AND operation = ANY(\(operations))") }
        if let table { query.append(" AND table_name = \(table)") }
        if let field { query.append(" AND field_name = \(field)") }
        if let patterns { query.append(" AND (\(Self.conditions(of: patterns)))") }
        if let keyVersion { query.append(" AND key_version = \(keyVersion)") }
        // Hashes stand in the encodings alone, 16 bytes each; the table's index keeps the search within the table.
        if let recordHash { query.append(" AND position(\(recordHash) IN event) > 0") }
        switch outcome {
        case .any: break
        case .success: query.append(" AND outcome = 0")
        case .failure: query.append(" AND outcome <> 0")
        case .code(let code): query.append(" AND outcome = \(code)")
        }
        return query
    }

    /// Any of them; each names a part of a field at least, so that none holds of an event without one.
    private static func conditions(of patterns: [FieldPattern]) -> PostgresQuery {
        patterns.reduce("false") { query, pattern in
            switch pattern {
            case .all: "\(query) OR true"
            case .table(let table): "\(query) OR table_name = \(table)"
            case .column(let column): "\(query) OR field_name = \(column)"
            case .field(let table, let column): "\(query) OR (table_name = \(table) AND field_name = \(column))"
            }
        }
    }
}
