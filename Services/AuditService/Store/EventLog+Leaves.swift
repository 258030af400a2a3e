import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// Leaves read at once, and about how many bytes they have together; one has up to 256 KiB.
    private static let leafChunk = 512
    private static let leafBytes = 1 << 20

    /// The leaves of a range from its beginning, as many as are read at once.
    func leaves(_ range: Range<UInt64>, withRows: Bool) async throws -> [Proto.LogLeaf] {
        let (first, end) = (Int64(clamping: range.lowerBound), Int64(clamping: range.upperBound))
        let blocks = try await pool.query(
            """
            SELECT position, producer, epoch, sequence, hash, dropped, last_event, last_unix_us, stored_unix_us, block,
                signature, leaf_hash
            FROM (
                SELECT *, sum(octet_length(block)) OVER (ORDER BY position) - octet_length(block) AS bytes_before
                FROM (
                    SELECT * FROM audit_blocks WHERE position > \(first) AND position <= \(end)
                    ORDER BY position LIMIT \(Int64(Self.leafChunk))
                ) AS next
            ) AS leaf
            WHERE bytes_before < \(Int64(Self.leafBytes)) ORDER BY position
            """)
        let rows = withRows ? try await rows(behind: first, through: first + Int64(blocks.count)) : [:]
        var leaves: [Proto.LogLeaf] = []
        for block in blocks {
            let position: Int64 = try block.value("position")
            var leaf = Proto.LogLeaf(
                index: UInt64(clamping: position - 1),
                leaf: LogLeaf(block: try block.value("block"), signature: try block.value("signature")).bytes)
            if withRows {
                leaf.row = try Proto.BlockRow(block)
                leaf.rows = rows[position] ?? []
            }
            leaves.append(leaf)
        }
        return leaves
    }

    /// The events' rows by the position of their block.
    private func rows(behind first: Int64, through last: Int64) async throws -> [Int64: [Proto.EventRow]] {
        let rows = try await pool.query(
            """
            SELECT position, index, event_sequence, first_unix_us, last_unix_us, actor, asserted_actor, operation, table_name,
                field_name, key_version, outcome, item_count, store_revision, outbox_id, event
            FROM audit_events WHERE position > \(first) AND position <= \(last) ORDER BY position, index
            """)
        var byPosition: [Int64: [Proto.EventRow]] = [:]
        for row in rows { byPosition[try row.value("position"), default: []].append(try Proto.EventRow(row)) }
        return byPosition
    }
}

extension Proto.BlockRow {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            producer: try row.value("producer"), epoch: try row.value("epoch"),
            sequence: UInt64(bitPattern: try row.value("sequence", as: Int64.self)), hash: try row.value("hash"),
            dropped: UInt64(bitPattern: try row.value("dropped", as: Int64.self)),
            lastEvent: UInt64(bitPattern: try row.value("last_event", as: Int64.self)),
            lastUnixUs: try row.value("last_unix_us"), storedUnixUs: try row.value("stored_unix_us"),
            leafHash: try row.value("leaf_hash"))
    }
}

extension Proto.EventRow {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            index: UInt64(bitPattern: try row.value("index", as: Int64.self)),
            eventSequence: UInt64(bitPattern: try row.value("event_sequence", as: Int64.self)),
            firstUnixUs: try row.value("first_unix_us"), lastUnixUs: try row.value("last_unix_us"),
            actor: try row.value("actor"), assertedActor: try row.value("asserted_actor"),
            operation: Proto.Operation(rawValue: try row.value("operation")) ?? .unspecified,
            table: try row.value("table_name"), field: try row.value("field_name"),
            keyVersion: UInt64(bitPattern: try row.value("key_version", as: Int64.self)),
            outcome: try row.value("outcome"),
            itemCount: UInt64(bitPattern: try row.value("item_count", as: Int64.self)),
            storeRevision: UInt64(bitPattern: try row.value("store_revision", as: Int64.self)),
            outboxID: try row.optional("outbox_id") ?? [], event: try row.value("event"))
    }
}
