import FieldsealRPC
import FieldsealRPCTransport
import NIOCore
import Synchronization

/// Answers at once, later, or not at all, as its methods' names say.
struct EchoService: RPCService {
    let name = "test.Echo"
    let methods = [
        RPCMethod("Echo"), RPCMethod("Fail"), RPCMethod("Later"), RPCMethod("Twice"), RPCMethod("Empty"),
        RPCMethod("Stream", .serverStreaming),
    ]
    let replies = Replies()

    func makeHandler(on loop: any EventLoop) -> any RPCHandler { EchoHandler(replies) }

    /// The deferred replies of `Later`, for the test to complete.
    final class Replies: Sendable {
        let pending = Mutex<[DeferredReply]>([])
        let cancelled = Atomic(0)

        func take() -> [DeferredReply] {
            pending.withLock { pending in
                defer { pending = [] }
                return pending
            }
        }
    }
}

private final class EchoHandler: RPCHandler {
    private let replies: EchoService.Replies

    init(_ replies: EchoService.Replies) { self.replies = replies }

    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome {
        do throws(RPCStatus) {
            switch call.method {
            case "Echo": try reply.write(payload)
            case "Fail":
                try reply.write(payload)
                throw .failedPrecondition("not now")
            case "Later":
                let deferred = call.deferred()
                deferred.onCancel { [replies] in replies.cancelled.add(1, ordering: .relaxed) }
                replies.pending.withLock { $0.append(deferred) }
                return .later
            case "Twice":
                call.deferred().succeed([1])
                return .later
            default: break
            }
            return .replied
        } catch {
            return .failed(error)
        }
    }
}

/// Allows all but the method `Denied`, and counts.
final class TestAuthorizer: RPCAuthorizer, LoopAuthorizer, Sendable {
    let asked = Atomic(0)
    let denied: RPCStatus?

    init(denied: RPCStatus? = nil) { self.denied = denied }

    func makeLoopAuthorizer(on loop: any EventLoop) -> any LoopAuthorizer { self }

    func authorize(call: borrowing ServerCall) -> RPCStatus? {
        asked.add(1, ordering: .relaxed)
        return denied
    }
}

/// Remembers what it is told.
final class TestObserver: RPCServerObserver {
    let refusals = Mutex<[RefusedConnection]>([])
    let unknownMethods = Atomic(0)
    private let waiters = Mutex<[CheckedContinuation<RefusedConnection, Never>]>([])

    func connectionRefused(_ refusal: RefusedConnection) {
        refusals.withLock { $0.append(refusal) }
        for waiter in waiters.withLock({ waiters in
            defer { waiters = [] }
            return waiters
        }) { waiter.resume(returning: refusal) }
    }

    func unknownMethod(peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier) {
        unknownMethods.add(1, ordering: .relaxed)
    }

    /// The first refusal, waited for.
    func firstRefusal() async -> RefusedConnection {
        await withCheckedContinuation { continuation in
            let known = refusals.withLock { $0.first }
            if let known { return continuation.resume(returning: known) }
            waiters.withLock { $0.append(continuation) }
            // A refusal between the two locks would have missed this waiter.
            guard let late = refusals.withLock({ $0.first }) else { return }
            let missed = waiters.withLock { waiters in
                defer { waiters = [] }
                return waiters
            }
            for waiter in missed { waiter.resume(returning: late) }
        }
    }
}

/// A reply gate that the test opens.
final class TestGate: ReplyGate {
    var hasPending = false
    var commits: [@Sendable (Bool) -> Void] = []

    func commit(_ released: @escaping @Sendable (Bool) -> Void) {
        hasPending = false
        commits.append(released)
    }
}
