internal import Synchronization

/// Who waits until the audit service has acknowledged a block of this epoch.
final class Deliveries: Sendable {
    private struct Waiter {
        let sequence: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var acknowledged: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
        var hasEnded = false
    }

    private let epoch: EventIdentifier
    private let state = Mutex(State())

    init(epoch: EventIdentifier) { self.epoch = epoch }

    /// Waits for the acknowledgement of block `sequence`. false: the task was cancelled, or nothing is sent any more.
    func wait(for sequence: UInt64) async -> Bool {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.acknowledged >= sequence { return true }
                    if state.hasEnded || Task.isCancelled { return false }
                    state.waiters[id] = Waiter(sequence: sequence, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
    }

    func acknowledged(_ acknowledgement: Acknowledgement) {
        guard acknowledgement.epoch == epoch else { return }
        let served = state.withLock { state in
            state.acknowledged = max(state.acknowledged, acknowledgement.sequence)
            let served = state.waiters.filter { $0.value.sequence <= state.acknowledged }
            for id in served.keys { state.waiters[id] = nil }
            return served
        }
        for waiter in served.values { waiter.continuation.resume(returning: true) }
    }

    /// Nothing is sent any more.
    func end() {
        let left = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in left.values { waiter.continuation.resume(returning: false) }
    }
}
