import FieldsealAuditTrail
import FieldsealCustody
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime
import Logging

/// `fieldseal.v1.Keys`. Every call is recorded before its answer leaves, whatever its outcome.
struct KeysService: Sendable {
    static let name = "fieldseal.v1.Keys"

    let authority: KeyAuthority
    let trail: AuditTrail
    let policy: PolicyStore
    /// How long a granted key may be used.
    let grantSeconds: UInt32
    let logger: Logger
    /// Wraps the keys of backups; nil: none are made.
    var backupProvider: (any MasterKeyProvider)?
    /// The names of the places to which alerts go.
    var alertDestinations: [String] = []
    var rotations = RotationLimit()
    let witness = EpochWitness()
    /// A share every three seconds, for one identity.
    var shareLimit = RotationLimit(burst: 20, refillMicroseconds: 3_000_000)

    func rpcService() -> AsyncRPCService {
        var service = AsyncRPCService(Self.name)
        service.unary("ApplyCatalog") { try await serve($0, .applyCatalog, applyCatalog) }
        service.unary("GetCatalog") { try await serve($0, .getCatalog, getCatalog) }
        service.unary("GetFieldKey") { try await serve($0, .getFieldKey, getFieldKey) }
        service.unary("Lease") { try await serve($0, .lease, lease) }
        service.unary("GetSubjectKey") { try await serve($0, .getSubjectKey, getSubjectKey) }
        service.unary("EraseSubject") { try await serve($0, .eraseSubject, eraseSubject) }
        service.unary("GetAuditHashKey") { try await serve($0, .getAuditHashKey, getAuditHashKey) }
        service.unary("EnsureFieldKey") { try await serve($0, .deriveFieldKey, ensureFieldKey) }
        service.unary("RotateKey") { try await serve($0, .rotateKey, rotateKey) }
        service.unary("AcceptRestore") { try await serve($0, .acceptRestore, acceptRestore) }
        service.unary("CompromiseKey") { try await serve($0, .compromiseKey, compromiseKey) }
        service.unary("RotateKeys") { try await serve($0, .rotateKey, rotateKeys) }
        service.unary("RollbackRotation") { try await serve($0, .rollbackRotation, rollbackRotation) }
        service.unary("RetireKey") { try await serve($0, .retireKey, retireKey) }
        service.unary("RestoreKey") { try await serve($0, .restoreKey, restoreKey) }
        service.unary("ShowSchedule") { try await serve($0, .showSchedule, showSchedule) }
        service.unary("PauseRotation") { try await serve($0, .pauseRotation, pauseRotation) }
        service.unary("ResumeRotation") { try await serve($0, .resumeRotation, resumeRotation) }
        service.unary("ReportCensus") { try await serve($0, .reportCensus, reportCensus) }
        service.unary("ShowCensus") { try await serve($0, .showCensus, showCensus) }
        service.unary("ScheduleDestruction") { try await serve($0, .scheduleDestruction, scheduleDestruction) }
        service.unary("CancelDestruction") { try await serve($0, .cancelDestruction, cancelDestruction) }
        service.unary("ForceDestruction") { try await serve($0, .forceDestruction, forceDestruction) }
        service.unary("ListKeys") { try await serve($0, .listKeys, listKeys) }
        service.unary("ShowKey") { try await serve($0, .showKey, showKey) }
        service.serverStreaming("WatchKeys") { try await watchKeys($0, $1) }
        service.unary("AcknowledgeKeys") { try await serve($0, .acknowledgeKeys, acknowledgeKeys) }
        service.unary("ShowPropagation") { try await serve($0, .showPropagation, showPropagation) }
        service.serverStreaming("Backup") { try await backup($0, $1) }
        service.unary("ListAlerts") { try await serve($0, .listAlerts, listAlerts) }
        service.unary("ShowMaster") { try await serve($0, .showMaster, showMaster) }
        service.unary("AddCustodian") { try await serve($0, .addCustodian, addCustodian) }
        service.unary("RemoveCustodian") { try await serve($0, .removeCustodian, removeCustodian) }
        service.unary("MakeShares") { try await serve($0, .makeShares, makeShares) }
        service.unary("RunDrill") { try await serve($0, .recoveryDrill, runDrill) }
        service.unary("ShowUnseal") { try await serve($0, .showMaster, showUnseal) }
        service.unary("Unseal") { try await serve($0, .unseal, unseal) }
        service.unary("Status") { try await serve($0, .status, status) }
        return service
    }

    /// Answers a call with the message that `body` makes.
    private func serve<Request: ProtoMessage, Response: ProtoMessage>(
        _ request: RPCRequest, _ operation: AuditOperation,
        _ body: (Request, KeysCall) async throws -> Response
    ) async throws -> [UInt8] {
        try await recorded(request, operation) { try await body($0, $1).encoded() }
    }

    /// Decodes a request, has it answered, and records both what `body` noted and how the call ended.
    func recorded<Request: ProtoMessage, Answer>(
        _ request: RPCRequest, _ operation: AuditOperation,
        _ body: (Request, KeysCall) async throws -> Answer
    ) async throws -> Answer {
        guard trail.isAccepting else { throw KeyServiceError.auditUnavailable.status }
        let call = KeysCall(request, operation: operation, grant: policy.grant(for: request.peer.identity))
        let outcome: Result<Answer, KeyServiceError>
        do {
            outcome = .success(try await body(try decode(request.payload), call))
        } catch {
            let failure = KeyServiceError(error)
            log(failure, call)
            call.failed(failure)
            outcome = .failure(failure)
        }
        do {
            try await trail.record(call.events)
        } catch {
            throw KeyServiceError.auditUnavailable.status
        }
        switch outcome {
        case .success(let response): return response
        case .failure(let failure): throw failure.status
        }
    }

    /// The same for a call whose answers are a stream, which `body` sends; its successes are recorded by `body`.
    func serveStream<Request: ProtoMessage>(
        _ request: RPCRequest, _ operation: AuditOperation, _ body: (Request, KeysCall) async throws -> Void
    ) async throws {
        guard trail.isAccepting else { throw KeyServiceError.auditUnavailable.status }
        let call = KeysCall(request, operation: operation, grant: policy.grant(for: request.peer.identity))
        do {
            try await body(try decode(request.payload), call)
        } catch {
            let failure = KeyServiceError(error)
            log(failure, call)
            call.failed(failure)
            try await record(call)
            throw failure.status
        }
    }

    /// Brings what was noted so far into the audit trail.
    func record(_ call: KeysCall) async throws {
        do {
            try await trail.record(call.takeEvents())
        } catch {
            throw KeyServiceError.auditUnavailable.status
        }
    }

    private func decode<Request: ProtoMessage>(_ payload: [UInt8]) throws(KeyServiceError) -> Request {
        do {
            return try Request(decoding: payload)
        } catch {
            throw .malformed
        }
    }

    /// What the operator must know; the peer learns a fixed text only.
    func log(_ error: KeyServiceError, _ call: KeysCall) {
        let level: Logger.Level =
            switch error.code {
            case .dataLoss, .internal: .error
            case .unavailable: .warning
            default: .debug
            }
        logger.log(
            level: level, "call failed",
            metadata: ["operation": "\(call.operation)", "peer": "\(call.context.actor.identity)", "error": "\(error)"])
    }
}
