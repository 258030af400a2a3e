internal import Synchronization

/// Who waits until blocks of this epoch are sequenced or published.
final class Deliveries: Sendable {
    private struct Waiter {
        let sequence: UInt64
        let state: EventState
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// The last block that has come so far.
        var reached: [EventState: UInt64] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
        var hasEnded = false
    }

    private let epoch: EventIdentifier
    private let state = Mutex(State())

    init(epoch: EventIdentifier) { self.epoch = epoch }

    /// Waits until block `sequence` has come so far. false: the task was cancelled, or nothing is sent any more.
    func wait(for sequence: UInt64, _ wanted: EventState = .sequenced) async -> Bool {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.reached[wanted, default: 0] >= sequence { return true }
                    if state.hasEnded || Task.isCancelled { return false }
                    state.waiters[id] = Waiter(sequence: sequence, state: wanted, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
    }

    /// All blocks up to this one have come so far.
    func reached(_ reached: EventState, _ last: Acknowledgement) {
        guard last.epoch == epoch else { return }
        let served = state.withLock { state in
            let sequence = max(state.reached[reached, default: 0], last.sequence)
            state.reached[reached] = sequence
            let served = state.waiters.filter { $0.value.state == reached && $0.value.sequence <= sequence }
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
