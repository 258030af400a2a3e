internal import FieldsealRPC
internal import NIOCore
internal import Synchronization

/// A call of an `RPCClient`, on its way from the caller's task to a connection and back.
///
/// Sendable: what is not under the lock is touched by one event loop at a time, the one whose slot the call was placed on.
final class PooledCall: RPCReplyReceiver, @unchecked Sendable {
    enum Sink: Sendable {
        case unary(CheckedContinuation<Result<[UInt8], RPCStatus>, Never>)
        case stream(AsyncThrowingStream<[UInt8], any Error>.Continuation)
    }

    private struct State {
        var sink: Sink?
        var isCancelled = false
        var slot: PoolSlot?
    }

    let path: RequestPath
    let payload: [UInt8]
    let metadata: RPCMetadata
    let deadline: NIODeadline?
    let form: RPCMethodKind
    /// The slots that could not connect for this call.
    var tried: Set<Int> = []
    /// Where the call is in flight.
    var client: LoopClient?
    var stream: UInt32 = 0
    var timer: Scheduled<Void>?
    private let state = Mutex(State())

    init(
        path: RequestPath, payload: [UInt8], metadata: RPCMetadata, deadline: NIODeadline?, form: RPCMethodKind
    ) {
        (self.path, self.payload, self.metadata) = (path, payload, metadata)
        (self.deadline, self.form) = (deadline, form)
    }

    /// Says where the result goes.
    func begin(_ sink: Sink) { state.withLock { $0.sink = sink } }

    /// Hands the call to a slot's event loop.
    func place(on slot: PoolSlot) {
        let isCancelled = state.withLock { state in
            state.slot = slot
            return state.isCancelled
        }
        if isCancelled { finish(.failure(.cancelled)) } else { slot.start(self) }
    }

    /// The caller no longer waits. From any thread.
    func cancel() {
        let slot = state.withLock { state in
            state.isCancelled = true
            return state.slot
        }
        slot?.cancel(self)
    }

    var isFinished: Bool { state.withLock { $0.sink == nil } }

    /// Gives the caller the result of a unary call, or the end of a stream. Once; later results are ignored.
    func finish(_ result: Result<[UInt8], RPCStatus>) {
        timer?.cancel()
        timer = nil
        switch state.withLock({ $0.sink.take() }) {
        case .unary(let continuation): continuation.resume(returning: result)
        case .stream(let continuation):
            if case .failure(let status) = result {
                continuation.finish(throwing: status)
            } else {
                continuation.finish()
            }
        case nil: break
        }
    }

    func replied(token: UInt64, payload: UnsafeRawBufferPointer) {
        ended()
        finish(.success([UInt8](payload)))
    }

    func failed(token: UInt64, status: RPCStatus) {
        ended()
        finish(.failure(status))
    }

    func received(token: UInt64, message: UnsafeRawBufferPointer) {
        let sink = state.withLock { $0.sink }
        guard case .stream(let continuation) = sink else { return }
        guard case .dropped = continuation.yield([UInt8](message)) else { return }
        finish(.failure(.resourceExhausted("too many unread messages")))
        cancel()
    }

    func ended(token: UInt64) {
        ended()
        finish(.success([]))
    }

    private func ended() {
        client = nil
        state.withLock { $0.slot }?.callEnded()
    }
}
