/// Equal folds of several batches, to be written as one event.
struct FoldGroup {
    let key: FoldKey
    /// Batch and slot of each fold.
    var sources: [(batch: Int, slot: Int)]
    var identifierBytes: Int

    /// Joins equal folds, in the order of their first appearance. A group whose identifiers reach the limit is followed by
    /// another of the same key.
    static func groups(of batches: [EventBatch]) -> [FoldGroup] {
        var groups: [FoldGroup] = []
        var open: [FoldKey: Int] = [:]
        for (batch, content) in batches.enumerated() {
            for slot in 0..<content.count {
                let key = content.keys[slot]
                let size = content.folds[slot].identifierBytes
                guard content.folds[slot].detail == nil else {
                    groups.append(FoldGroup(key: key, sources: [(batch, slot)], identifierBytes: size))
                    continue
                }
                if let index = open[key], groups[index].identifierBytes + size <= BlockLimits.eventIdentifiers {
                    groups[index].sources.append((batch, slot))
                    groups[index].identifierBytes += size
                } else {
                    open[key] = groups.count
                    groups.append(FoldGroup(key: key, sources: [(batch, slot)], identifierBytes: size))
                }
            }
        }
        return groups
    }
}
