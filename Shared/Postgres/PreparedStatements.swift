/// The statements that a session has prepared under names. A statement is prepared when it comes for the second time, and
/// parsed anew no more; what comes once, as the statements of a migration do, leaves nothing behind.
struct PreparedStatements {
    /// A statement and the types of its parameters.
    struct Key: Hashable {
        var sql: String
        var types: [UInt32]
    }

    enum Way: Equatable {
        case unnamed
        /// To be prepared under this name first; `failed(_:)` where it could not be.
        case prepare(String)
        case prepared(String)
    }

    /// Statements of one session; those that come when it has so many are sent unnamed.
    let limit: Int
    private var names: [Key: String] = [:]
    private var seenOnce: Set<Key> = []
    private var named = 0

    init(limit: Int = 256) { self.limit = limit }

    mutating func way(of key: Key) -> Way {
        if let name = names[key] { return .prepared(name) }
        guard names.count < limit else { return .unnamed }
        guard seenOnce.remove(key) != nil else {
            if seenOnce.count >= limit { seenOnce.removeAll() }
            seenOnce.insert(key)
            return .unnamed
        }
        named += 1
        let name = "fieldseal_\(named)"
        names[key] = name
        return .prepare(name)
    }

    /// The server has not prepared it.
    mutating func failed(_ key: Key) { names[key] = nil }

    /// The server knows none of them any more, or none that may be used.
    mutating func forget() { names.removeAll() }
}
