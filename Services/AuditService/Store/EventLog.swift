import FieldsealPostgres
import FieldsealTransparencyLog

/// The log in PostgreSQL. What is answered as stored is durable, and indexes rise without gap in the order of the commits:
/// writers hold one advisory lock until they have committed.
struct EventLog: Sendable {
    static let channel = "fieldseal_audit_log"
    private static let lock = "fieldseal audit log"

    let pool: PostgresPool
    let clock: @Sendable () -> Int64

    /// The end of what is stored of one epoch.
    private struct EpochEnd {
        var sequence: Int64 = 0
        var hash = TreeHash.zero
        var lastEvent: Int64 = 0
    }

    /// Stores blocks of one epoch in their order; those that are stored already are compared with what is stored.
    ///
    /// A repeated call changes nothing. Answers the last sequence that is durable.
    /// - Throws: `gap`, `fork`, or `PostgresError`; nothing is stored then.
    func append(_ blocks: [ReceivedBlock]) async throws -> Int64 {
        guard let first = blocks.first else { return 0 }
        return try await pool.withTransaction { connection in
            try await connection.lockUntilCommit(Self.lock)
            var end = try await epochEnd(first, connection)
            var position = try await connection.query(
                "SELECT coalesce(max(position), 0) AS last FROM audit_blocks"
            ).single().value("last", as: Int64.self)
            var index = try await connection.query(
                "SELECT coalesce(max(index), 0) AS last FROM audit_events"
            ).single().value("last", as: Int64.self)
            var blockRows: [[PostgresValue]] = []
            var eventRows: [[PostgresValue]] = []
            let now = clock()
            for block in blocks {
                if block.sequence <= end.sequence {
                    try await compare(block, connection, blockRows.isEmpty)
                    continue
                }
                guard block.sequence == end.sequence + 1 else { throw AuditServiceError.gap }
                guard block.previous == end.hash else { throw AuditServiceError.fork }
                position += 1
                for event in block.events {
                    guard event.sequence == end.lastEvent + 1 else { throw AuditServiceError.malformedBlock }
                    end.lastEvent = event.sequence
                    index += 1
                    eventRows.append(event.row(index: index, position: position))
                }
                end.sequence = block.sequence
                end.hash = block.hash
                blockRows.append(block.row(position: position, storedAt: now))
            }
            guard !blockRows.isEmpty else { return end.sequence }
            _ = try await connection.copy(blockRows, into: "audit_blocks", columns: ReceivedBlock.columns)
            _ = try await connection.copy(eventRows, into: "audit_events", columns: ReceivedEvent.columns)
            try await connection.notify(Self.channel)
            return end.sequence
        }
    }

    private func epochEnd(_ block: ReceivedBlock, _ connection: PostgresConnection) async throws -> EpochEnd {
        let rows = try await connection.query(
            """
            SELECT sequence, hash, last_event FROM audit_blocks
            WHERE producer = \(block.producer) AND epoch = \(block.epoch) ORDER BY sequence DESC LIMIT 1
            """)
        guard let row = rows.first else { return EpochEnd() }
        guard let hash = TreeHash(try row.value("hash", as: [UInt8].self)) else { throw AuditServiceError.corrupt }
        return EpochEnd(sequence: try row.value("sequence"), hash: hash, lastEvent: try row.value("last_event"))
    }

    /// A block that is sent again must be the one that is stored.
    private func compare(
        _ block: ReceivedBlock, _ connection: PostgresConnection, _ isStored: Bool
    ) async throws {
        guard isStored else { throw AuditServiceError.malformed }
        let hash = try await connection.query(
            """
            SELECT hash FROM audit_blocks WHERE producer = \(block.producer) AND epoch = \(block.epoch)
                AND sequence = \(block.sequence)
            """
        ).first?.value("hash", as: [UInt8].self)
        guard hash == block.hash.bytes else { throw AuditServiceError.fork }
    }
}

extension ReceivedBlock {
    static let columns = [
        "position", "producer", "epoch", "sequence", "hash", "dropped", "last_event", "last_unix_us", "stored_unix_us",
        "block", "signature",
    ]

    func row(position: Int64, storedAt now: Int64) -> [PostgresValue] {
        [
            .int64(position), .text(producer), .bytes(epoch), .int64(sequence), .bytes(hash.bytes), .int64(dropped),
            .int64(events.last?.sequence ?? 0), .int64(events.map(\.event.lastUnixUs).max() ?? 0), .int64(now),
            .bytes(bytes), .bytes(signature),
        ]
    }
}

extension ReceivedEvent {
    static let columns = [
        "index", "position", "event_sequence", "first_unix_us", "last_unix_us", "actor", "operation", "table_name",
        "field_name", "key_version", "outcome", "event",
    ]

    func row(index: Int64, position: Int64) -> [PostgresValue] {
        [
            .int64(index), .int64(position), .int64(sequence), .int64(event.firstUnixUs), .int64(event.lastUnixUs),
            .text(event.actor), .int32(event.operation.rawValue), .text(event.table), .text(event.field),
            .int64(Int64(bitPattern: event.keyVersion)), .int32(event.outcome), .bytes(bytes),
        ]
    }
}
