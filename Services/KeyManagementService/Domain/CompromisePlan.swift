import FieldsealCrypto

/// What a compromise reaches: all versions that were ever under one of those that are compromised, down to the fields.
///
/// A child is wrapped anew whenever its parent is rotated. So a version was under a parent's version if it was made before
/// that one stopped being the active one, and was not destroyed before that one was made.
struct CompromisePlan: Sendable {
    /// Versions to mark, as they stand; parents first. One that is destroyed only gets the mark.
    let marked: [KeyRecord]
    /// Keys whose active version is among them and that need another, parents first.
    let renewed: [KeyObject]

    /// - Parameters:
    ///   - versions: that are compromised; marked before or not.
    ///   - records: all versions that stand under their keys, and their own siblings.
    init(of versions: [KeyRecord], among records: [KeyRecord]) {
        let children = Dictionary(grouping: records) { $0.parentObject }
        let siblings = Dictionary(grouping: records, by: \.object)
        var reached: [KeyVersion: KeyRecord] = [:]
        var queue = versions
        while let record = queue.popLast() {
            guard reached.updateValue(record, forKey: record.version) == nil else { continue }
            for child in children[record.object] ?? [] where record.wasEverAbove(child) { queue.append(child) }
            // What is sealed under two versions opens with either.
            for sibling in siblings[record.object] ?? [] where sibling.partner == record.version {
                queue.append(sibling)
            }
        }
        let ordered = reached.values.sorted {
            ($0.object.kind.depth, $0.object.id, $0.rotationCount) < (
                $1.object.kind.depth, $1.object.id, $1.rotationCount
            )
        }
        marked = ordered.filter { $0.compromisedUnixUs == nil }
        renewed = ordered.filter(\.isActive).map(\.object)
    }

    var isEmpty: Bool { marked.isEmpty }
}

extension KeyRecord {
    fileprivate var parentObject: KeyObject? {
        guard let parent = identity.parent, let kind = object.kind.parent else { return nil }
        return KeyObject(kind: kind, id: parent.object)
    }

    /// When the version stopped wrapping what is made; nil: it still does. Later than it was where that is not known any
    /// more, never earlier.
    private var ceasedUnixUs: Int64? { isActive ? nil : stateUnixUs }

    fileprivate func wasEverAbove(_ child: KeyRecord) -> Bool {
        if child.identity.parent?.version == version { return true }
        if let ceasedUnixUs, child.createdUnixUs > ceasedUnixUs { return false }
        return child.state != .destroyed || child.stateUnixUs >= createdUnixUs
    }

    /// The record with the permanent mark.
    func markedCompromised(_ note: CompromiseNote, atUnixUs now: Int64) -> KeyRecord {
        var record = after(.compromised, atUnixUs: now) ?? self
        record.compromisedUnixUs = now
        record.metadata = note.added(to: record.metadata)
        return record
    }
}

extension KeyKind {
    /// How far below the master key.
    var depth: Int { parent.map { $0.depth + 1 } ?? 0 }
}
