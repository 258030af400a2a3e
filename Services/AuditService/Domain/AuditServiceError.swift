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
    /// A sequence before this block has not been received.
    static let gap = Self(.failedPrecondition("blocks are missing before this one"), "gap")
    /// Another block is stored under the same sequence, or the hash chain does not fit.
    static let fork = Self(.failedPrecondition("the block does not continue what is stored"), "fork")
    static let cursor = Self(.invalidArgument("cursor is not of this query"), "cursor")
    static let filter = Self(.invalidArgument("filter out of range"), "filter")
    static let auditUnavailable = Self(.unavailable("audit trail unavailable"), "audit")
    static let corrupt = Self(RPCStatus(.dataLoss, "a stored event is damaged"), "corrupt")

    /// Whatever happened, as an answer.
    init(_ error: any Error) {
        switch error {
        case let error as Self: self = error
        case let error as PostgresError where error.isUnavailable:
            self.init(.unavailable("database unavailable"), "database", detail: "\(error)")
        case is CancellationError: self.init(.cancelled, "cancelled")
        case let error as RPCStatus: self.init(error, "transport")
        default: self.init(.internal("internal error"), "internal", detail: "\(error)")
        }
    }
}
