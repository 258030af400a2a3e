/// What a rule keeps a memory of: an identity, a field, or an identity on a field; the rest is empty.
struct WatchedSubject: Hashable, Sendable {
    var actor = ""
    var table = ""
    var field = ""
}

/// What a rule remembers of a subject, as numbers that are stored.
protocol WatchMemory: Hashable, Sendable {
    init?(numbers: [Int64])
    var numbers: [Int64] { get }
}

/// The memories of one rule, and which of them are not stored yet.
struct WatchMemories<Memory: WatchMemory>: Sendable {
    /// More subjects are not watched: far more than there are identities and fields.
    static var maximum: Int { 200_000 }

    private(set) var bySubject: [WatchedSubject: Memory] = [:]
    /// Those that changed since ``takeChanges()``; one that is not in `bySubject` was forgotten.
    private var changed: Set<WatchedSubject> = []

    subscript(subject: WatchedSubject) -> Memory? { bySubject[subject] }

    /// Changes a memory, a fresh one where there is none; nil where there is no room for it.
    mutating func update<Result>(
        _ subject: WatchedSubject, fresh: @autoclosure () -> Memory, _ body: (inout Memory) -> Result
    ) -> Result? {
        guard bySubject.count < Self.maximum || bySubject[subject] != nil else { return nil }
        changed.insert(subject)
        return body(&bySubject[subject, default: fresh()])
    }

    mutating func forget(where isForgotten: (Memory) -> Bool) {
        for (subject, memory) in bySubject where isForgotten(memory) { forget(subject) }
    }

    mutating func forget(_ subject: WatchedSubject) {
        guard bySubject.removeValue(forKey: subject) != nil else { return }
        changed.insert(subject)
    }

    /// Takes a memory as it was stored.
    mutating func restore(_ subject: WatchedSubject, _ numbers: [Int64]) {
        bySubject[subject] = Memory(numbers: numbers)
    }

    /// What is to be stored; empty numbers: to be deleted.
    mutating func takeChanges() -> [(subject: WatchedSubject, numbers: [Int64])] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.map { ($0, bySubject[$0]?.numbers ?? []) }
    }
}
