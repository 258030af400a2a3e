extension ProtobufWriter {
    /// Appends an encoded `fieldseal.v1.Event`; the identifiers are copied straight from the batches.
    mutating func event(sequence: UInt64, _ group: FoldGroup, of batches: [EventBatch]) {
        guard let first = group.sources.first else { return }
        let fold = batches[first.batch].folds[first.slot]
        var (count, firstTime, lastTime) = (UInt64(0), fold.firstTime, fold.lastTime)
        for source in group.sources {
            let part = batches[source.batch].folds[source.slot]
            count = count.addingReportingOverflow(part.count).partialValue
            firstTime = min(firstTime, part.firstTime)
            lastTime = max(lastTime, part.lastTime)
        }
        let actor = fold.actor.actor
        varint(1, sequence)
        varint(2, UInt64(bitPattern: firstTime))
        varint(3, UInt64(bitPattern: lastTime))
        string(4, actor.identity)
        varint(5, actor.isUnverified ? 1 : 0)
        string(6, actor.asserted)
        varint(7, UInt64(bitPattern: Int64(group.key.operation.rawValue)))
        string(8, fold.field.table)
        string(9, fold.field.field)
        fixed64(10, group.key.keyVersion)
        let unknown: Int32 = 2
        varint(11, UInt64((0...16).contains(group.key.outcome) ? group.key.outcome : unknown))
        string(12, group.key.cause.description)
        varint(13, count)
        fixed64(14, group.key.hashKeyVersion)
        identifiers(15, \.recordHashes, group, of: batches)
        identifiers(16, \.requestIDs, group, of: batches)
        identifiers(17, \.traceIDs, group, of: batches)
        if let detail = fold.detail {
            if !detail.outboxID.isZero { data(18, detail.outboxID.bytes) }
            string(19, detail.object)
        }
        string(20, actor.peer)
        varint(21, fold.detail?.storeRevision ?? 0)
        data(22, fold.detail?.epochKey ?? [])
        data(24, fold.detail?.witnessed ?? [])
    }

    private mutating func identifiers(
        _ field: UInt8, _ list: KeyPath<Fold, [EventIdentifier]>, _ group: FoldGroup, of batches: [EventBatch]
    ) {
        let count = group.sources.reduce(0) { $0 + batches[$1.batch].folds[$1.slot][keyPath: list].count }
        guard count > 0 else { return }
        length(field, 16 * count)
        for source in group.sources {
            batches[source.batch].folds[source.slot][keyPath: list].withUnsafeBytes { append($0) }
        }
    }
}
