import FieldsealClient

extension StoredAuditEvent {
    static let csvHeadings = [
        "index", "first", "last", "stored", "operation", "outcome", "cause", "count", "actor", "actor_unverified",
        "asserted_actor", "peer", "table", "field", "key_version", "object", "store_revision", "record_hashes",
        "hash_key_version", "request_ids", "trace_ids", "producer", "epoch", "block", "sequence",
    ]

    /// Identifiers in hexadecimal digits, several separated by spaces; what is absent is empty.
    func csvCells(in zone: Zone) -> [String] {
        let event = event ?? AuditEvent()
        return [
            String(index), Time.text(unixMicroseconds: event.firstUnixUs, in: zone),
            Time.text(unixMicroseconds: event.lastUnixUs, in: zone),
            Time.text(unixMicroseconds: storedUnixUs, in: zone), event.operation.word, event.outcomeWord, event.cause,
            String(event.count), event.actor, event.actorUnverified ? "true" : "false", event.assertedActor, event.peer,
            event.table, event.field, Self.version(event.keyVersion), event.object,
            event.storeRevision == 0 ? "" : String(event.storeRevision), Self.listed(event.recordHashes),
            Self.version(event.hashKeyVersion), Self.listed(event.requestIDs), Self.listed(event.traceIDs), producer,
            Hexadecimal.encode(epoch), String(blockSequence), String(event.sequence),
        ]
    }

    private static func version(_ version: UInt64) -> String { version == 0 ? "" : Hexadecimal.encode(version) }

    private static func listed(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map {
            Hexadecimal.encode(Array(bytes[$0..<min($0 + 16, bytes.count)]))
        }
        .joined(separator: " ")
    }
}
