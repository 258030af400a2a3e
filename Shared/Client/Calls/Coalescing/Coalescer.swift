import Synchronization

/// Makes batches of single calls that are made at the same time: performs what `CoalescingQueue` decides.
///
/// A batch belongs to none of its callers, so each runs in a task of its own, which ends with the call; it is cancelled when
/// the last of its callers is.
final class Coalescer<Form: Hashable & Sendable, Item: Sendable, Value: Sendable>: Sendable {
    /// What the calls of a batch have in common: all that a call has once, not for each item.
    struct Lane: Hashable, Sendable {
        var form: Form
        /// Equal ones end together: then nobody's call is cut short by another's, but by the delay.
        var timeout: Duration
        var traceID: CallOptions.Identifier?
        var patience: Duration?
    }

    typealias Outcome = Result<Value, FieldsealError>
    typealias Call =
        @Sendable (_ items: [Item], _ form: Form, CallOptions) async throws(FieldsealError) -> [Outcome]
    private typealias Queue = CoalescingQueue<Lane, Item>

    private struct State {
        var queue: Queue
        var lastTicket: UInt64 = 0
        var callers: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        /// By batch: what waits for its delay, or makes its call.
        var tasks: [UInt64: Task<Void, Never>] = [:]
    }

    private let clock: ClientClock
    private let call: Call
    private let state: Mutex<State>

    init(delay: Duration, items: Int, clock: ClientClock, call: @escaping Call) {
        self.clock = clock
        self.call = call
        state = Mutex(State(queue: Queue(.init(delay: delay, items: items, bytes: Self.mostBytes))))
    }

    /// Beyond it a batch spares nothing that counts beside its transport.
    static var mostBytes: Int { 262_144 }

    /// The result of one item. Cancelling the caller gives it up, and nothing else.
    func value(_ item: Item, size: Int, form: Form, options: CallOptions) async throws(FieldsealError) -> Value {
        let lane = Lane(
            form: form, timeout: options.timeout, traceID: options.traceID, patience: options.patience)
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    // A cancellation that came before this found no caller.
                    guard !Task.isCancelled else { return true }
                    state.callers[ticket] = continuation
                    let now = clock.now()
                    let actions = state.queue.callArrived(
                        ticket, item, size: size, lane: lane, deadline: now + options.timeout, now: now)
                    for action in actions { perform(action, &state) }
                    return false
                }
                if isCancelled { continuation.resume(returning: .failure(.cancelled)) }
            }
        } onCancel: {
            abandon(ticket)
        }
        return try outcome.get()
    }

    var callers: Int { state.withLock { $0.callers.count } }

    /// Waits until nothing is gathered or under way.
    func drain() async {
        while let task = state.withLock({ $0.tasks.first?.value }) { await task.value }
    }

    private func abandon(_ ticket: UInt64) {
        let caller = state.withLock { state in
            let caller = state.callers.removeValue(forKey: ticket)
            if caller != nil, let action = state.queue.callAbandoned(ticket) { perform(action, &state) }
            return caller
        }
        caller?.resume(returning: .failure(.cancelled))
    }

    private func perform(_ action: Queue.Action, _ state: inout State) {
        switch action {
        case .send(let batch):
            state.tasks[batch.number]?.cancel()
            state.tasks[batch.number] = Task.detached { [self] in await send(batch) }
        case .wait(let number, let lane, let until):
            state.tasks[number] = Task.detached { [self] in
                guard (try? await clock.sleep(until - clock.now())) != nil else { return }
                delayPassed(number, lane)
            }
        case .cancel(let number): state.tasks.removeValue(forKey: number)?.cancel()
        }
    }

    private func delayPassed(_ number: UInt64, _ lane: Lane) {
        state.withLock { state in
            if let action = state.queue.delayPassed(number, lane: lane) { perform(action, &state) }
        }
    }

    private func send(_ batch: Queue.Batch) async {
        let options = CallOptions(
            timeout: batch.deadline - clock.now(), traceID: batch.lane.traceID, patience: batch.lane.patience)
        let outcomes: [Outcome]
        do throws(FieldsealError) {
            let answered = try await call(batch.items, batch.lane.form, options)
            guard answered.count == batch.items.count else { throw .wrongCount }
            outcomes = answered
        } catch {
            outcomes = batch.items.map { _ in .failure(error) }
        }
        let callers = state.withLock { state in
            state.tasks[batch.number] = nil
            if let action = state.queue.batchAnswered(batch) { perform(action, &state) }
            return batch.tickets.map { state.callers.removeValue(forKey: $0) }
        }
        for (caller, outcome) in zip(callers, outcomes) { caller?.resume(returning: outcome) }
    }
}
