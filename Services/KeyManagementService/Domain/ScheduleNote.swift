import FieldsealCrypto

/// What the schedule remembers of one version: failures, and what administrators ordered. Times are microseconds since
/// 1970.
struct ScheduleNote: Sendable, Equatable {
    /// The key's row.
    var id: ObjectID
    /// Attempts that failed since the last success.
    var failures: Int32 = 0
    var nextAttemptUnixUs: Int64?
    /// The fixed word of the last failure; empty: none.
    var cause = ""
    /// Administrators were told that its rotation is overdue.
    var isOverdueTold = false
    var order: Order?
    var proposal: Proposal?

    /// An administrator's word on the destruction by schedule.
    struct Order: Sendable, Equatable {
        /// False: it is not to be destroyed.
        var isWanted: Bool
        var identity: String
        var unixUs: Int64
    }

    /// One administrator wants it destroyed at once; a second one must ask for the same.
    struct Proposal: Sendable, Equatable {
        var identity: String
        var unixUs: Int64

        static let life = RotationPolicy.day

        func isCurrent(atUnixUs now: Int64) -> Bool { now >= unixUs && now - unixUs <= Self.life }

        /// Whether `identity` may carry it out.
        func isSeconded(by identity: String, atUnixUs now: Int64) -> Bool {
            identity != self.identity && isCurrent(atUnixUs: now)
        }
    }
}

/// Scheduled work that is not done for a time.
struct RotationPause: Sendable, Equatable {
    /// Nil: of all keys; a table's key: with those of its fields.
    var object: KeyObject?
    var sinceUnixUs: Int64
    /// Nil: until resumed.
    var untilUnixUs: Int64?
    var identity: String
    var isResumed = false

    func holds(atUnixUs now: Int64) -> Bool { !isResumed && (untilUnixUs.map { now < $0 } ?? true) }

    func concerns(_ record: KeyRecord) -> Bool {
        guard let object else { return true }
        return object == record.object
            || (object.kind == .dek && record.object.kind == .fek && record.identity.parent?.object == object.id)
    }
}
