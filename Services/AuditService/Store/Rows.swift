import FieldsealPostgres

extension ReceivedBlock {
    static let columns = [
        "position", "producer", "epoch", "sequence", "hash", "dropped", "last_event", "last_unix_us", "stored_unix_us",
        "block", "signature", "leaf_hash", "month",
    ]

    func row(position: Int64, storedAt now: Int64, in month: LogMonth) -> [PostgresValue] {
        [
            .int64(position), .text(producer), .bytes(epoch), .int64(sequence), .bytes(hash.bytes), .int64(dropped),
            .int64(events.last?.sequence ?? 0), .int64(events.map(\.event.lastUnixUs).max() ?? 0), .int64(now),
            .bytes(bytes), .bytes(signature), .bytes(leafHash.bytes), .int32(month.rawValue),
        ]
    }
}

extension ReceivedEvent {
    static let columns = [
        "index", "position", "event_sequence", "first_unix_us", "last_unix_us", "actor", "operation", "table_name",
        "field_name", "key_version", "outcome", "event", "outbox_id", "asserted_actor", "item_count", "store_revision",
        "month",
    ]

    func row(index: Int64, position: Int64, in month: LogMonth) -> [PostgresValue] {
        [
            .int64(index), .int64(position), .int64(sequence), .int64(event.firstUnixUs), .int64(event.lastUnixUs),
            .text(event.actor), .int32(event.operation.rawValue), .text(event.table), .text(event.field),
            .int64(Int64(bitPattern: event.keyVersion)), .int32(event.outcome), .bytes(bytes),
            event.outboxID.isEmpty ? .null(.bytes) : .bytes(event.outboxID), .text(event.assertedActor),
            .int64(Int64(clamping: event.count)), .int64(Int64(clamping: event.storeRevision)), .int32(month.rawValue),
        ]
    }
}
