internal import FieldsealAuditTrail
internal import FieldsealRPC
public import FieldsealRPCTransport
public import NIOCore

/// Lets a call go on only where the policy grants its peer the method's operation on at least some field; which fields is
/// for the handler to check, with `ServerCall.grant`. Denials are recorded in the audit trail before they are answered.
public struct PolicyAuthorizer: RPCAuthorizer {
    let policy: PolicyStore
    let makeRecorder: @Sendable (any EventLoop) -> any DenialRecorder

    public func makeLoopAuthorizer(on loop: any EventLoop) -> any LoopAuthorizer {
        LoopPolicyAuthorizer(policy: policy, recorder: makeRecorder(loop))
    }
}

/// Where a denial is recorded, on one event loop.
protocol DenialRecorder: AnyObject {
    /// Whether what must be recorded can be.
    func admit() -> Bool
    func recordRefusal(_ refusal: AuditEvent)
}

extension LoopRecorder: DenialRecorder {}

final class LoopPolicyAuthorizer: LoopAuthorizer {
    private let policy: PolicyStore
    private let recorder: any DenialRecorder
    /// The method asked for last; most connections call one method again and again.
    private var last = (service: "", method: "", operations: PolicyOperations())

    init(policy: PolicyStore, recorder: any DenialRecorder) {
        self.policy = policy
        self.recorder = recorder
    }

    func authorize(call: borrowing ServerCall) -> RPCStatus? {
        let wanted = operations(service: call.service, method: call.method)
        let grant = policy.connectionGrant(of: call.peer).grant
        guard grant.operations.isDisjoint(with: wanted) else { return nil }
        guard recorder.admit() else { return .unavailable("audit trail unavailable") }
        var event = AuditEvent(
            actor: AuditActor(identity: call.peer.identity), operation: Self.auditOperation(for: wanted))
        event.outcome = RPCCode.permissionDenied.rawValue
        event.cause = .policy
        event.requestID = EventIdentifier(call.requestID)
        event.traceID = EventIdentifier(call.traceID)
        recorder.recordRefusal(event)
        return .permissionDenied("denied by policy")
    }

    private func operations(service: String, method: String) -> PolicyOperations {
        if last.service == service, last.method == method { return last.operations }
        last = (service, method, MethodOperations.operations(service: service, method: method))
        return last.operations
    }

    private static func auditOperation(for wanted: PolicyOperations) -> AuditOperation {
        PolicyOperation.allCases.first { wanted.contains($0) }?.auditOperation ?? .unknownMethod
    }
}
