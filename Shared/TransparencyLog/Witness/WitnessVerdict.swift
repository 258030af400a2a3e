/// What a witness answers to `add-checkpoint` (C2SP tlog-witness).
public enum WitnessVerdict: Hashable, Sendable {
    /// Every check passed. The note holds the signatures of the log's keys alone; it is recorded before the cosignature leaves.
    case cosign(SignedNote, Checkpoint)
    /// The request is not of the format, or its old size is larger than the checkpoint's.
    case malformed
    /// No known key of the origin has signed, or a signature of one does not hold.
    case unsigned
    /// The origin is not one of those watched.
    case unknownLog
    /// Another size than the request's was cosigned last: this one.
    case conflict(size: UInt64, Checkpoint)
    /// Another tree of the same size was cosigned: the log has signed two.
    case forked(Checkpoint)
    /// The proof does not show that the checkpoint's tree continues the one cosigned last.
    case inconsistent(Checkpoint)

    /// Of HTTP.
    public var status: Int {
        switch self {
        case .cosign: 200
        case .malformed: 400
        case .unsigned: 403
        case .unknownLog: 404
        case .conflict, .forked: 409
        case .inconsistent: 422
        }
    }

    /// The body of a 409; nil for every other verdict.
    public var size: UInt64? {
        switch self {
        case .conflict(let size, _): size
        case .forked(let checkpoint): checkpoint.size
        default: nil
        }
    }
}
