import FieldsealAuditTrail
import FieldsealRPC
@testable import FieldsealServiceRuntime
import FieldsealRPCTransport
import NIOEmbedded
import Testing

@Suite struct PolicyAuthorizerTests {
    final class Recorder: DenialRecorder {
        var isFull = false
        var events: [AuditEvent] = []

        func admit() -> Bool { !isFull }
        func recordRefusal(_ refusal: AuditEvent) { events.append(refusal) }
    }

    static let backend = "spiffe://fieldseal.local/backend/demo"
    static let policy = Policy(rules: [
        .init(identity: backend, operations: [.encryptDeterministic, .decrypt], fields: [.table("users")])
    ])

    let loop = EmbeddedEventLoop()
    let store = PolicyStore(policy: Self.policy)
    let recorder = Recorder()
    let authorizer: LoopPolicyAuthorizer

    init() { authorizer = LoopPolicyAuthorizer(policy: store, recorder: recorder) }

    func peer(_ identity: String) -> RPCPeer { RPCPeer(identity: identity, address: "127.0.0.1:1", eventLoop: loop) }

    func decide(_ peer: RPCPeer, _ service: String, _ method: String) -> RPCStatus? {
        authorizer.authorize(
            call: ServerCall(
                peer: peer, service: service, method: RPCMethod(method), requestID: CallIdentifier(high: 1, low: 2),
                traceID: CallIdentifier(high: 3, low: 4)))
    }

    @Test func letsGoOnWhatIsGrantedOnSomeField() {
        let peer = peer(Self.backend)
        #expect(decide(peer, "fieldseal.v1.Encryption", "Decrypt") == nil)
        #expect(decide(peer, "fieldseal.v1.Encryption", "Encrypt") == nil)
        #expect(recorder.events.isEmpty)
    }

    @Test func deniesAndRecordsTheRest() {
        let peer = peer(Self.backend)
        let wanted: [(service: String, method: String, operation: AuditOperation)] = [
            ("fieldseal.v1.Encryption", "Rewrap", .rewrap), ("fieldseal.v1.Encryption", "RotateKey", .rotateKey),
            ("fieldseal.v1.Keys", "RotateKey", .rotateKey), ("fieldseal.v1.Keys", "EnsureFieldKey", .deriveFieldKey),
            ("fieldseal.v1.Keys", "Decrypt", .unknownMethod), ("fieldseal.v1.Audit", "Append", .appendAudit),
            ("fieldseal.v1.Audit", "TailEvents", .tailAudit), ("fieldseal.v1.Audit", "Status", .status),
            ("fieldseal.v2.Encryption", "Decrypt", .unknownMethod), ("", "", .unknownMethod),
        ]
        for call in wanted {
            #expect(decide(peer, call.service, call.method) == .permissionDenied("denied by policy"))
            let event = recorder.events.last
            #expect(event?.operation == call.operation)
            #expect(event?.actor == AuditActor(identity: Self.backend))
            #expect(event?.outcome == 7)
            #expect(event?.cause == .policy)
            #expect(event?.requestID.bytes == CallIdentifier(high: 1, low: 2).bytes)
            #expect(event?.traceID.bytes == CallIdentifier(high: 3, low: 4).bytes)
        }
        #expect(recorder.events.count == wanted.count)
    }

    @Test(arguments: ["", "spiffe://fieldseal.local/backend/demo2", "spiffe://fieldseal.local/backend/Demo"])
    func deniesWhomThePolicyDoesNotName(_ identity: String) {
        #expect(decide(peer(identity), "fieldseal.v1.Encryption", "Decrypt")?.code == .permissionDenied)
        #expect(recorder.events.count == 1)
    }

    @Test func aReloadCountsForOpenConnections() {
        let peer = peer(Self.backend)
        #expect(decide(peer, "fieldseal.v1.Encryption", "Decrypt") == nil)
        let kept = store.connectionGrant(of: peer)
        kept.memo = recorder
        #expect(store.connectionGrant(of: peer) === kept)
        #expect(kept.memo === recorder)

        store.replace(with: .denyAll)
        #expect(decide(peer, "fieldseal.v1.Encryption", "Decrypt")?.code == .permissionDenied)
        #expect(kept.memo == nil)
        store.replace(with: Self.policy)
        #expect(decide(peer, "fieldseal.v1.Encryption", "Decrypt") == nil)
    }

    @Test func aDenialThatCannotBeRecordedIsNotAnswered() {
        recorder.isFull = true
        #expect(decide(peer(Self.backend), "fieldseal.v1.Keys", "ListKeys")?.code == .unavailable)
        #expect(recorder.events.isEmpty)
    }

    @Test func refusedConnectionsBecomeEvents() {
        let stranger = RefusalObserver.event(
            for: RefusedConnection(
                address: "10.0.0.7:5000", identity: Self.backend, identityVerified: false, cause: .untrustedCertificate)
        )
        #expect(stranger.actor == .stranger(peer: "10.0.0.7", claimedIdentity: Self.backend))
        #expect(stranger.actor.isUnverified)
        #expect(stranger.operation == .connect)
        #expect(stranger.outcome == 16)
        #expect(stranger.cause == "untrusted-certificate")
        let denied = RefusalObserver.event(
            for: RefusedConnection(
                address: "[::1]:5000", identity: Self.backend, identityVerified: true, cause: .denied))
        #expect(denied.actor == AuditActor(identity: Self.backend))
        for cause in ConnectionRefusal.allCases { #expect(AuditCause(cause.rawValue) != nil) }
    }
}
