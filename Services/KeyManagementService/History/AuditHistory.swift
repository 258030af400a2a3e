import FieldsealMessages

/// What the audit log knows of this service's store: its memory outside the database.
protocol AuditHistory: Sendable {
    /// The newest revision of the store that this service has logged; 0: none.
    func storeRevision() async throws -> UInt64

    /// The events that this service's replicas logged of changes above a revision, the oldest first.
    /// - Parameter start: nothing older is looked at, microseconds since 1970.
    func changes(above revision: UInt64, from start: Int64) async throws -> [Proto.Event]
}

/// Whether a service starts when it cannot ask the audit log.
enum RevisionCheck: String, CaseIterable, Sendable {
    /// It waits.
    case required
    /// It starts unchecked, which a rolled-back store can use.
    case whenReachable = "when-reachable"
}
