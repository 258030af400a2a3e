import FieldsealAuditTrail
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC

/// Why a call failed: what the peer is told, and the cause that the audit trail keeps.
struct AuditServiceError: Error, Hashable, CustomStringConvertible {
    let status: RPCStatus
    let cause: AuditCause
    /// For the service's own log.
    let detail: String

    private init(_ status: RPCStatus, _ cause: AuditCause, detail: String = "") {
        self.status = status
        self.cause = cause
        self.detail = detail
    }

    var description: String { detail.isEmpty ? status.message : "\(status.message): \(detail)" }

    static let malformed = Self(.invalidArgument("malformed request"), "malformed")
    static let malformedBlock = Self(.invalidArgument("malformed block"), "malformed-block")
    /// The block names another producer than the certificate of the peer.
    static let foreignProducer = Self(.permissionDenied("a block of another producer"), "foreign-producer")
    static let badRoot = Self(.invalidArgument("the root does not match the events"), "bad-root")
    static let cursor = Self(.invalidArgument("cursor is not of this query"), "cursor")
    static let filter = Self(.invalidArgument("filter out of range"), "filter")
    static let auditUnavailable = Self(.unavailable("audit trail unavailable"), "audit")
    static let unknownFinding = Self(.notFound("there is no such finding"), "unknown-finding")
    static let holdExists = Self(RPCStatus(.alreadyExists, "there was a hold of this name"), "hold-exists")
    static let unknownHold = Self(.notFound("there is no such hold, or it was released"), "unknown-hold")
    /// Leaves or an event that stand in a bundle.
    static let archived = Self(RPCStatus(.outOfRange, "archived: see its bundle"), "archived")
    static let corrupt = Self(RPCStatus(.dataLoss, "a stored event is damaged"), "corrupt")

    /// The tree is being built, or not yet compared with what witnesses know.
    static let notReady = Self(.unavailable("the log is not ready"), "not-ready")
    /// Another sequencer was faster; nothing was stored.
    static let fenced = Self(.unavailable("the log went on meanwhile"), "fenced")
    static let unpublished = Self(.unavailable("no published checkpoint holds it yet"), "unpublished")
    static let range = Self(.invalidArgument("outside the published tree"), "range")
    static let unknownEvent = Self(.notFound("no such event"), "unknown-event")
    static let tooManyReaders = Self(RPCStatus(.resourceExhausted, "too many streams"), "too-many-readers")
    static let tooManyTails = Self(RPCStatus(.resourceExhausted, "too many streams"), "too-many-tails")

    static let notGranted = Self(.permissionDenied("denied by policy"), .policy)
    /// Raw leaves show the events of every field.
    static let restricted = Self(
        .permissionDenied("your query-audit is limited to fields, and this shows the whole log"), "field-restricted")

    /// The answer to a block that does not continue what is stored.
    static func refused(_ kind: Finding.Kind) -> Self {
        switch kind {
        case .gap, .unknownEpoch: Self(.failedPrecondition("blocks are missing before this one"), "gap")
        case .fork: Self(.failedPrecondition("the block does not continue what is stored"), "fork")
        case .signature: Self(.failedPrecondition("the block is not signed by its epoch's key"), "signature")
        case .dropped, .clockSkew, .openEpoch, .staleProducer, .lostBeginning, .withheld, .contradicted, .miscounted:
            Self(.failedPrecondition("the log is not complete"), "incomplete")
        case .eventGap: Self(.failedPrecondition("the block's events do not continue what is stored"), "event-gap")
        }
    }

    /// Whatever happened, as an answer.
    init(_ error: any Error) {
        switch error {
        case let error as Self: self = error
        case let problem as TreeProblem:
            self.init(
                .failedPrecondition("the log is refused: its database does not hold what is known of it"),
                "log-refused",
                detail: "\(problem)")
        case let error as PostgresError: self.init(error)
        case is CancellationError: self.init(.cancelled, "cancelled")
        case let error as RPCStatus: self.init(error, "transport")
        default: self.init(.internal("internal error"), "internal", detail: "\(error)")
        }
    }

    private init(_ error: PostgresError) {
        switch error.code {
        case .cancelled: self.init(.cancelled, "cancelled")
        case .timeout: self.init(.deadlineExceeded, "timeout", detail: "\(error)")
        // A commit whose outcome is unknown is repeated by the producer: appending is idempotent.
        case .server where error.sqlState == .uniqueViolation || error.sqlState == .foreignKeyViolation:
            self.init(Self.fenced.status, Self.fenced.cause, detail: "\(error)")
        case .commitUnknown: self.init(.unavailable("database unavailable"), "database", detail: "\(error)")
        case _ where error.isUnavailable || error.sqlState == .undefinedTable || error.isRetryable:
            self.init(.unavailable("database unavailable"), "database", detail: "\(error)")
        default: self.init(.internal("internal error"), "internal", detail: "\(error)")
        }
    }
}
