import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime
import Logging

/// `fieldseal.v1.Audit`. Queries, and whatever fails, are recorded before they are answered; blocks that are stored speak for
/// themselves, and what a producer asks of its own blocks and of the tree's growth shows nothing else.
struct AuditRPC: Sendable {
    static let name = "fieldseal.v1.Audit"

    let log: EventLog
    let publication: Publication
    let watch: LogWatch
    let trail: AuditTrail
    let policy: PolicyStore
    /// After which a month is archived; 0: never.
    var retentionMonths: UInt32 = 0
    /// The names of the places to which alerts go.
    var alertDestinations: [String] = []
    let logger: Logger
    /// Of leaves, each of which holds some MiB.
    let readers = Turnstile(maximum: 16)

    func service() -> AsyncRPCService {
        var service = AsyncRPCService(Self.name)
        service.unary("Append") { request in
            try await serve(request, .appendAudit, recordsSuccess: false) { try await append($0, request.peer) }
        }
        service.unary("Query") { request in
            try await serve(request, .queryAudit, object: \Proto.QueryRequest.inquiry) {
                try await query($0, request.peer)
            }
        }
        service.unary("SummarizeUse") { request in
            try await serve(request, .summarizeUse, object: { ($0.filter ?? .init()).inquiry }) {
                try await summarizeUse($0, request.peer)
            }
        }
        service.unary("ListEpochs") { request in
            try await serve(request, .listEpochs) { try await listEpochs($0, request.peer) }
        }
        service.unary("StoreRevision") { request in
            try await serve(request, .storeRevision) { try await storeRevision($0, request.peer) }
        }
        service.unary("ReviewFinding") { request in
            try await serve(
                request, .reviewFinding, object: { (try? FindingReview($0).object) ?? "" }
            ) { try await reviewFinding($0, request.peer) }
        }
        service.unary("PlaceHold") { request in
            try await serve(request, .placeHold, object: { LegalHold.isName($0.name) ? $0.name : "" }) {
                try await placeHold($0, request.peer)
            }
        }
        service.unary("ReleaseHold") { request in
            try await serve(request, .releaseHold, object: { LegalHold.isName($0.name) ? $0.name : "" }) {
                try await releaseHold($0, request.peer)
            }
        }
        service.unary("ListAlerts") { try await serve($0, .listAlerts, listAlerts) }
        service.unary("Status") { try await serve($0, .status, status) }
        service.unary("Checkpoint") { try await serve($0, .readCheckpoint, checkpoint) }
        service.unary("ProveBlocks") { request in
            try await serve(request, .proveAudit, recordsSuccess: false) { try await proveBlocks($0, request.peer) }
        }
        service.unary("ProveConsistency") { request in
            try await serve(request, .proveAudit, recordsSuccess: false) { try await proveConsistency($0) }
        }
        service.unary("ProveEvent") { request in
            try await serve(request, .proveAudit) { try await proveEvent($0, request.peer) }
        }
        service.serverStreaming("TailEvents") { try await tail($0, $1) }
        service.serverStreaming("ReadLeaves") { try await readLeaves($0, $1) }
        return service
    }

    /// Decodes a request, has it answered, and records how it ended.
    private func serve<Request: ProtoMessage, Response: ProtoMessage>(
        _ request: RPCRequest, _ operation: AuditOperation, recordsSuccess: Bool = true,
        object: (Request) -> String = { _ in "" }, _ body: (Request) async throws -> Response
    ) async throws -> [UInt8] {
        let response: [UInt8]
        var name = ""
        do {
            let message: Request = try decode(request)
            name = object(message)
            response = try await body(message).encoded()
        } catch {
            throw try await recorded(AuditServiceError(error), request, operation, object: name)
        }
        if recordsSuccess { try await record(request, operation, object: name) }
        return response
    }

    /// Whose events a peer may read.
    func scope(of peer: RPCPeer) -> AuditScope { policy.grant(for: peer.identity).auditScope }

    /// - Throws: `restricted` for a peer who may read the events of some fields alone.
    func requireEverything(_ peer: RPCPeer) throws(AuditServiceError) {
        guard scope(of: peer) == .everything else { throw .restricted }
    }

    func decode<Request: ProtoMessage>(_ request: RPCRequest) throws(AuditServiceError) -> Request {
        do {
            return try Request(decoding: request.payload, limit: 32 << 20)
        } catch {
            throw .malformed
        }
    }

    /// The status of a failure that has been recorded.
    func recorded(
        _ failure: AuditServiceError, _ request: RPCRequest, _ operation: AuditOperation, object: String = ""
    ) async throws -> RPCStatus {
        let level: Logger.Level = failure.status.code == .internal || failure.status.code == .dataLoss ? .error : .info
        logger.log(
            level: level, "call failed",
            metadata: ["operation": "\(operation)", "peer": "\(request.peer.identity)", "error": "\(failure)"])
        try await record(request, operation, object: object, failure)
        return failure.status
    }

    func record(
        _ request: RPCRequest, _ operation: AuditOperation, object: String = "", _ failure: AuditServiceError? = nil
    ) async throws {
        var event = AuditEvent(actor: AuditActor(identity: request.peer.identity), operation: operation)
        event.requestID = EventIdentifier(request.requestID)
        event.traceID = EventIdentifier(request.traceID)
        event.object = object
        event.outcome = failure?.status.code.rawValue ?? 0
        event.cause = failure?.cause ?? .none
        do {
            try await trail.record(event)
        } catch {
            throw AuditServiceError.auditUnavailable.status
        }
    }
}
