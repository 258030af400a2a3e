import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Synchronization

/// Holds each call until the test answers it.
final class HeldTransport: CallTransport {
    typealias Call = RecordingTransport.Call
    typealias Reply = Result<[UInt8], RPCStatus>

    private struct State {
        var calls: [(call: Call, timeout: Duration)] = []
        var held: [Int: CheckedContinuation<Reply, Never>] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var calls: [Call] { state.withLock { $0.calls.map(\.call) } }
    var timeouts: [Duration] { state.withLock { $0.calls.map(\.timeout) } }
    var cancelled: Set<Int> { state.withLock { $0.cancelled } }

    func unary(
        service: String, method: String, payload: [UInt8], timeout: Duration, metadata: RPCMetadata
    ) async throws(RPCStatus) -> [UInt8] {
        let number = state.withLock { state in
            let call = Call(service: service, method: method, payload: payload, metadata: metadata)
            state.calls.append((call, timeout))
            return state.calls.count - 1
        }
        let reply = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if !state.cancelled.contains(number) { state.held[number] = continuation }
                    return state.cancelled.contains(number)
                }
                if isCancelled { continuation.resume(returning: .failure(.cancelled)) }
            }
        } onCancel: {
            let held = state.withLock { state in
                state.cancelled.insert(number)
                return state.held.removeValue(forKey: number)
            }
            held?.resume(returning: .failure(.cancelled))
        }
        return try reply.get()
    }

    func serverStreaming(
        service: String, method: String, payload: [UInt8], timeout: Duration?, metadata: RPCMetadata,
        bufferedMessages: Int
    ) -> AsyncThrowingStream<[UInt8], any Error> { AsyncThrowingStream { $0.finish() } }

    func shutdown() async {}

    /// Waits until a call of that number is there, and answers it.
    func answer(_ number: Int, _ reply: Reply) async {
        await until { self.state.withLock { $0.held[number] != nil } }
        state.withLock { $0.held.removeValue(forKey: number) }?.resume(returning: reply)
    }

    /// Decrypts by leaving the bytes as they are; items whose first byte is 0 are rejected.
    func decrypt(_ number: Int) async throws {
        await until { self.state.withLock { $0.held[number] != nil } }
        let items = try Proto.DecryptRequest(decoding: calls[number].payload).items
        let results = items.map { item in
            item.ciphertext.first == 0
                ? Proto.DecryptResult(outcome: .error(Proto.ItemError(code: 3, message: "ciphertext rejected")))
                : Proto.DecryptResult(outcome: .plaintext(item.ciphertext))
        }
        await answer(number, .success(Proto.DecryptResponse(results: results).encoded()))
    }

    func itemCount(_ number: Int) throws -> Int {
        try Proto.DecryptRequest(decoding: calls[number].payload).items.count
    }
}

/// Waits on a condition, never for a time.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}

/// A clock that goes on when the test says so.
final class HandClock: Sendable {
    private struct Sleeper {
        var until: Duration
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Duration.zero
        var sleepers: [UInt64: Sleeper] = [:]
        var last: UInt64 = 0
        var slept: [Duration] = []
    }

    private let state = Mutex(State())

    var sleepers: Int { state.withLock { $0.sleepers.count } }
    /// How long each sleep was to be.
    var slept: [Duration] { state.withLock { $0.slept } }

    var clock: ClientClock {
        ClientClock(now: { self.state.withLock { $0.now } }, sleep: { try await self.sleep($0) })
    }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    private func sleep(_ duration: Duration) async throws {
        let number = state.withLock { state in
            state.last += 1
            state.slept.append(duration)
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, duration > .zero else { return true }
                    state.sleepers[number] = Sleeper(until: state.now + duration, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume()
        }
        try Task.checkCancellation()
    }
}
