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
    static let corrupt = Self(RPCStatus(.dataLoss, "a stored event is damaged"), "corrupt")

    static let tooManyTails = Self(RPCStatus(.resourceExhausted, "too many streams"), "too-many-tails")

    /// The answer to a block that does not continue what is stored.
    static func refused(_ kind: Finding.Kind) -> Self {
        switch kind {
        case .gap, .unknownEpoch: Self(.failedPrecondition("blocks are missing before this one"), "gap")
        case .fork: Self(.failedPrecondition("the block does not continue what is stored"), "fork")
        case .eventGap: Self(.failedPrecondition("the block's events do not continue what is stored"), "event-gap")
        }
    }

    /// Whatever happened, as an answer.
    init(_ error: any Error) {
        switch error {
        case let error as Self: self = error
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
        case .commitUnknown: self.init(.unavailable("database unavailable"), "database", detail: "\(error)")
        case _ where error.isUnavailable || error.sqlState == .undefinedTable || error.isRetryable:
            self.init(.unavailable("database unavailable"), "database", detail: "\(error)")
        default: self.init(.internal("internal error"), "internal", detail: "\(error)")
        }
    }
}
