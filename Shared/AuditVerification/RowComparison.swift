internal import FieldsealMessages
internal import FieldsealTransparencyLog

/// Compares what the columns of the database say with the leaf that they were taken from.
struct RowComparison {
    let read: ReadBlock
    let leafHash: TreeHash
    let leaf: UInt64

    func findings(_ row: Proto.BlockRow) -> [LogFinding] {
        let (block, events) = (read.block, read.events.map(\.event))
        let different = [
            ("producer", row.producer != block.producer), ("epoch", row.epoch != block.epoch),
            ("sequence", row.sequence != block.sequence), ("hash", row.hash != read.hash.bytes),
            ("dropped", row.dropped != block.dropped), ("last_event", row.lastEvent != events.last?.sequence ?? 0),
            ("last_unix_us", row.lastUnixUs != events.map(\.lastUnixUs).max() ?? 0),
            ("leaf_hash", row.leafHash != leafHash.bytes),
        ].filter(\.1).map(\.0)
        guard !different.isEmpty else { return [] }
        let columns = different.joined(separator: ", ")
        return [LogFinding(.row, leaf: leaf, "the row of leaf \(leaf) differs from it in \(columns)")]
    }

    /// - Parameter next: the index that the first row should have; nil: not known yet.
    func findings(_ rows: [Proto.EventRow], of events: [ReadBlock.Event], next: inout UInt64?) -> [LogFinding] {
        var findings: [LogFinding] = []
        var rest = Dictionary(rows.map { ($0.eventSequence, $0) }, uniquingKeysWith: { first, _ in first })
        for event in events {
            let row = rest.removeValue(forKey: event.event.sequence)
            let index = next ?? row?.index ?? 0
            if let row {
                if row.index != index {
                    findings.append(
                        LogFinding(
                            .row, leaf: leaf, event: index, "the row of event \(index) has the index \(row.index)"))
                }
                let different = Self.differences(row, event)
                if !different.isEmpty {
                    let columns = different.joined(separator: ", ")
                    findings.append(
                        LogFinding(
                            .row, leaf: leaf, event: index,
                            "the row of event \(index) differs from its leaf in \(columns)"))
                }
            } else {
                findings.append(LogFinding(.row, leaf: leaf, event: index, "the row of event \(index) is missing"))
            }
            next = index &+ 1
        }
        for row in rest.values.sorted(by: { $0.index < $1.index }) {
            findings.append(
                LogFinding(.row, leaf: leaf, event: row.index, "row \(row.index) is of no event of leaf \(leaf)"))
        }
        return findings
    }

    private static func differences(_ row: Proto.EventRow, _ event: ReadBlock.Event) -> [String] {
        let (bytes, event) = (event.bytes, event.event)
        // As the service stores them: signed 64 bits.
        let largest = UInt64(Int64.max)
        return [
            ("event", row.event != bytes), ("first_unix_us", row.firstUnixUs != event.firstUnixUs),
            ("last_unix_us", row.lastUnixUs != event.lastUnixUs), ("actor", row.actor != event.actor),
            ("asserted_actor", row.assertedActor != event.assertedActor),
            ("operation", row.operation != event.operation), ("table_name", row.table != event.table),
            ("field_name", row.field != event.field), ("key_version", row.keyVersion != event.keyVersion),
            ("outcome", row.outcome != event.outcome), ("item_count", row.itemCount != min(event.count, largest)),
            ("store_revision", row.storeRevision != min(event.storeRevision, largest)),
            ("outbox_id", row.outboxID != event.outboxID),
        ].filter(\.1).map(\.0)
    }
}
