import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime
import NIOCore

/// Answers the calls of one event loop.
///
/// Where all keys of a call are cached it is answered on the spot: no task, no thread hop. A call that misses keys is
/// copied, waits for them, and then takes the same path again. Used on its loop alone, which is what makes it Sendable.
final class EncryptionHandler: RPCHandler, @unchecked Sendable {
    /// Items of one call.
    static let itemLimit = 65_536
    static let loadLimit = 16
    private static let sweepInterval = TimeAmount.seconds(5)

    let service: EncryptionService
    let loop: any EventLoop
    let recorder: LoopRecorder
    let keys: LoopKeys
    let ciphers: LoopCiphers
    let arena = MessageArena()
    /// Ciphertexts and plaintexts on their way.
    let scratch = Scratch()
    // Loop-bound, and no access overlaps another: the run-time check of that showed in profiles.
    @exclusivity(unchecked) var record = RecordBuffer()
    @exclusivity(unchecked) var plans: [PlannedItem] = []
    @exclusivity(unchecked) var missing = MissingKeys()
    @exclusivity(unchecked) var rights: CallerRights

    init(_ service: EncryptionService, ciphers: LoopCiphers, loop: any EventLoop) {
        self.service = service
        self.loop = loop
        self.ciphers = ciphers
        let trail = service.trail
        recorder = trail.recorder(on: loop)
        let loader = service.loader
        keys = LoopKeys(store: service.store, renewSeals: { loader.renewSeals(of: $0) }) {
            trail.field(table: $0, field: $1)
        }
        rights = CallerRights(grant: .none, actor: trail.actor(identity: ""))
        // An idle loop keeps no key past its end. No weak reference: it would slow down every use of the handler.
        let held = NIOLoopBound((keys: keys, ciphers: ciphers), eventLoop: loop)
        service.caches.add(loop) {
            if held.value.keys.renew() { held.value.ciphers.drop() }
        }
        loop.scheduleRepeatedTask(initialDelay: Self.sweepInterval, delay: Self.sweepInterval) { _ in
            if held.value.keys.renew() { held.value.ciphers.drop() }
        }
    }

    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome {
        guard let method = EncryptionMethod(rawValue: method) else { return .failed(.unknownMethod) }
        guard recorder.admit() else { return .failed(.unrecordable) }
        let caller = Caller(call)
        switch serve(method, payload, caller, loaded: nil, &reply) {
        case .answered: return .replied
        case .failed(let status): return .failed(status)
        case .missing(let missing):
            load(missing, then: method, [UInt8](payload), caller, call.deferred(), attempts: Self.loadLimit)
            return .later
        case .forwarded(let fields):
            forward(method, fields, caller, call.deferred())
            return .later
        }
    }

    /// Works on a call whose keys are at hand; says what is missing where they are not.
    /// - Parameter loaded: what a load brought for this call; nil at the first attempt.
    func serve(
        _ method: EncryptionMethod, _ payload: UnsafeRawBufferPointer, _ caller: Caller, loaded: LoadedKeys?,
        _ reply: inout ReplyWriter
    ) -> Served {
        begin(caller, loaded: loaded)
        defer {
            scratch.reset()
            keys.end()
        }
        do throws(MessageError) {
            return switch method {
            case .encrypt: try encrypt(payload, &reply)
            case .decrypt: try decrypt(payload, &reply)
            case .rewrap: try rewrap(payload, &reply)
            case .rebind: try rebind(payload, &reply)
            case .blindIndex: try blindIndex(payload, &reply)
            case .describeField: try describeField(payload, &reply)
            case .deriveFieldKey: try deriveFieldKey(payload)
            case .rotateKey: try rotateKey(payload)
            case .hashRecord: try hashRecord(payload, caller, isFirst: loaded == nil, &reply)
            }
        } catch {
            recorder.record(
                method.audited, field: .none, keyVersion: 0, outcome: error.status.code.rawValue, cause: "request")
            return .failed(error.status)
        }
    }

    /// Sets the loop's state up for one caller.
    func begin(_ caller: Caller, loaded: LoadedKeys?) {
        rights = rights(of: caller.peer)
        if keys.begin(at: service.clock.now(), loaded: loaded) { ciphers.drop() }
        recorder.begin(actor: rights.actor, requestID: caller.requestID, traceID: caller.traceID)
        plans.removeAll(keepingCapacity: true)
        missing.removeAll()
    }

    private func rights(of peer: RPCPeer) -> CallerRights {
        let connection = service.policy.connectionGrant(of: peer)
        if let known = connection.memo as? CallerRights { return known }
        let made = CallerRights(grant: connection.grant, actor: service.trail.actor(identity: peer.identity))
        connection.memo = made
        return made
    }

    /// - Parameter attempts: what was revoked or used up before the call came to its turn is loaded again.
    private func load(
        _ missing: MissingKeys, then method: EncryptionMethod, _ payload: [UInt8], _ caller: Caller,
        _ reply: DeferredReply, attempts: Int
    ) {
        let maximumAge = method == .rewrap ? Self.newestWithin : nil
        service.loader.load(missing, identity: caller.peer.identity, maximumAge: maximumAge) { loaded in
            self.loop.execute {
                if attempts > 1, !self.keys.isCurrent(loaded, at: self.service.clock.now()) {
                    return self.load(missing, then: method, payload, caller, reply, attempts: attempts - 1)
                }
                reply.reply { writer in self.resume(method, payload, caller, loaded, &writer) }
            }
        }
    }

    private func resume(
        _ method: EncryptionMethod, _ payload: [UInt8], _ caller: Caller, _ loaded: LoadedKeys,
        _ reply: inout ReplyWriter
    ) -> RPCStatus? {
        guard recorder.admit() else { return .unrecordable }
        let served = payload.withUnsafeBytes { serve(method, $0, caller, loaded: loaded, &reply) }
        return switch served {
        case .answered: nil
        case .failed(let status): status
        case .missing, .forwarded: .internal("internal error")
        }
    }
}

/// Who makes a call, kept while it waits for keys.
struct Caller: Sendable {
    let peer: RPCPeer
    let requestID: EventIdentifier
    let traceID: EventIdentifier

    init(_ call: borrowing ServerCall) {
        peer = call.peer
        requestID = EventIdentifier(call.requestID)
        traceID = EventIdentifier(call.traceID)
    }
}

/// How far a call got.
enum Served {
    case answered
    case failed(RPCStatus)
    case missing(MissingKeys)
    /// Key management answers for these fields.
    case forwarded(ForwardedFields)
}

extension RPCStatus {
    static let unrecordable = RPCStatus(.unavailable, "the audit trail cannot record")
    static let tooManyItems = RPCStatus(.resourceExhausted, "too many items in one call")
}

extension MessageError {
    var status: RPCStatus {
        RPCStatus(code == .tooLarge ? .resourceExhausted : .invalidArgument, description)
    }
}
