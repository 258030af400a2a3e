import FieldsealMessages

/// What the log says to a statement that key management has heard of a producer's epoch.
enum WitnessVerdict: Hashable, Sendable {
    /// The block stands in the log as it was stated.
    case agreed
    /// Another block stands there.
    case contradicted
    /// It has not come, and it is time that it had.
    case withheld
    /// It may still come.
    case pending
    /// The log no longer knows, or never did.
    case unknown

    /// What is stored of the epoch.
    struct Standing: Hashable, Sendable {
        /// Of the stated block; nil: it is not stored.
        var hash: [UInt8]?
        /// Sequence of the first block that is stored; nil: none is.
        var first: Int64?
        /// Up to which its blocks are archived, or, with 0, that another log has had it; nil: neither.
        var archived: Int64?
    }

    /// - Parameters:
    ///   - isContinuation: the log takes the place of another one, which has had blocks that nobody sends again.
    ///   - isLate: the statement is so old that its block should have come.
    init(_ statement: Proto.EpochStatement, _ standing: Standing, isContinuation: Bool, isLate: Bool) {
        let sequence = Int64(clamping: statement.sequence)
        if let hash = standing.hash {
            self = hash == statement.hash ? .agreed : .contradicted
        } else if standing.archived.map({ $0 >= sequence }) ?? false {
            self = .unknown
        } else if isContinuation, standing.first.map({ $0 > sequence }) ?? (standing.archived != nil) {
            self = .unknown
        } else {
            self = isLate ? .withheld : .pending
        }
    }
}

extension Proto.EpochStatement {
    /// Whether the counts of each version that it names are these, without one that it leaves out.
    func agrees(with totals: [UInt64: [Proto.Operation: UInt64]]) -> Bool {
        var stated: [UInt64: [Proto.Operation: UInt64]] = [:]
        for use in uses { stated[use.version, default: [:]][use.operation, default: 0] &+= use.count }
        return stated.allSatisfy { totals[$0.key] == $0.value }
    }
}
