import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// One call, and what it will leave in the audit trail.
final class KeysCall {
    let operation: AuditOperation
    let grant: PolicyGrant
    private(set) var context: CallContext
    private(set) var events: [AuditEvent] = []

    init(_ request: RPCRequest, operation: AuditOperation, grant: PolicyGrant) {
        self.operation = operation
        self.grant = grant
        context = CallContext(
            actor: AuditActor(identity: request.peer.identity), requestID: EventIdentifier(request.requestID),
            traceID: EventIdentifier(request.traceID))
    }

    /// Names for whom the caller says it acts; an identity like the caller's own, or nothing.
    func assert(_ actor: String) throws(KeyServiceError) {
        guard !actor.isEmpty else { return }
        guard SPIFFEIdentity.isValid(actor.utf8) else { throw .malformed }
        context.actor = AuditActor(identity: context.actor.identity, asserted: actor)
    }

    /// Notes a success that left no event of its own in the store's outbox.
    func succeeded(
        _ field: FieldName? = nil, object: String = "", version: KeyVersion? = nil, count: Int = 1,
        cause: AuditCause = .none
    ) {
        note(field, object: object, version: version) {
            $0.count = UInt64(max(1, count))
            $0.cause = cause
        }
    }

    /// Notes a failure. `field` and `object` are names that the catalog has, never what the caller wrote.
    func failed(
        _ error: KeyServiceError, _ field: FieldName? = nil, object: String = "", version: KeyVersion? = nil
    ) {
        note(field, object: object, version: version) {
            $0.outcome = error.code.rawValue
            $0.cause = error.cause
        }
    }

    /// Notes that something long begins.
    func begun() { note(nil, object: "", version: nil) { $0.cause = "begun" } }

    /// Notes the end of something that concerns the store as it was at a revision.
    func succeeded(revision: UInt64) { note(nil, object: "", version: nil) { $0.storeRevision = revision } }

    /// Notes how far the caller says that its epoch of the audit log is.
    func witnessed(_ statement: Proto.EpochStatement, _ error: KeyServiceError? = nil) {
        var event = context.event(.witnessEpoch, of: "", version: nil)
        event.witnessed = statement.encoded()
        event.outcome = error?.code.rawValue ?? 0
        event.cause = error?.cause ?? .none
        events.append(event)
    }

    /// What was noted and is not recorded yet.
    func takeEvents() -> [AuditEvent] {
        defer { events = [] }
        return events
    }

    private func note(
        _ field: FieldName?, object: String, version: KeyVersion?, _ change: (inout AuditEvent) -> Void
    ) {
        var event = context.event(operation, of: object, version: version)
        event.table = field?.table ?? ""
        event.field = field?.field ?? ""
        change(&event)
        events.append(event)
    }
}

extension KeyServiceError {
    /// As the error of one item of a batch.
    var item: Proto.ItemError { Proto.ItemError(code: code.rawValue, message: message) }
}
