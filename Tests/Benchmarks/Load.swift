import FieldsealRPC
import FieldsealRPCTransport
import NIOCore

/// What one connection is to send, over and over.
struct LoadPlan: Sendable {
    var path: RequestPath
    /// Sent in turn.
    var payloads: [[UInt8]]
    /// Bytes of each good answer: a failed item changes the size.
    var answerSize: Int
    /// Calls unanswered at any time.
    var inFlight: Int
    /// Calls of the connection; nil: until the end of the time.
    var mostCalls: Int?
    var warmUp: TimeAmount
    var duration: TimeAmount
}

struct LoadResult: Sendable {
    var latencies = Histogram()
    /// Within the measured time.
    var calls = 0
    var errors = 0
    var firstError: String?
    /// Of the measured time.
    var seconds = 0.0

    mutating func add(_ other: LoadResult) {
        latencies.add(other.latencies)
        calls += other.calls
        errors += other.errors
        firstError = firstError ?? other.firstError
        seconds = max(seconds, other.seconds)
    }
}

/// Keeps a number of calls in flight on one connection: each answer lets the next call go. Lives on the connection's loop.
final class Load: RPCReplyReceiver {
    private let client: LoopClient
    private let plan: LoadPlan
    private let promise: EventLoopPromise<LoadResult>
    private var result = LoadResult()
    private var sent: [NIODeadline]
    private var next = 0
    private var started = 0
    private var running = 0
    private let begin: NIODeadline
    private let end: NIODeadline
    private var last: NIODeadline

    private init(_ client: LoopClient, _ plan: LoadPlan, _ promise: EventLoopPromise<LoadResult>) {
        self.client = client
        self.plan = plan
        self.promise = promise
        sent = Array(repeating: .now(), count: plan.inFlight)
        begin = .now() + plan.warmUp
        end = begin + plan.duration
        last = begin
    }

    /// How long answers may be missing after the end.
    private static let patience = TimeAmount.seconds(15)

    static func run(_ client: NIOLoopBound<LoopClient>, _ plan: LoadPlan) -> EventLoopFuture<LoadResult> {
        let loop = client.eventLoop
        let promise = loop.makePromise(of: LoadResult.self)
        loop.execute {
            let load = Load(client.value, plan, promise)
            let watchdog = loop.assumeIsolated().scheduleTask(deadline: load.end + patience) { load.client.close() }
            promise.futureResult.assumeIsolated().whenComplete { _ in watchdog.cancel() }
            for slot in 0..<plan.inFlight { load.send(slot, at: .now()) }
            load.client.flush()
        }
        return promise.futureResult
    }

    func replied(token: UInt64, payload: UnsafeRawBufferPointer) {
        completed(token, failure: payload.count == plan.answerSize ? nil : "an item of the answer failed", goesOn: true)
    }

    func failed(token: UInt64, status: RPCStatus) {
        completed(token, failure: status.description, goesOn: false)
    }

    /// - Parameter goesOn: false after a failed call, since the calls of a lost connection fail at once.
    private func completed(_ token: UInt64, failure: String?, goesOn: Bool) {
        let now = NIODeadline.now()
        let slot = Int(truncatingIfNeeded: token)
        running -= 1
        if now >= begin, now < end {
            result.latencies.record(UInt64(max(0, (now - sent[slot]).nanoseconds)))
            result.calls += 1
            last = now
            if let failure {
                result.errors += 1
                result.firstError = result.firstError ?? failure
            }
        }
        if goesOn, now < end, started < plan.mostCalls ?? .max {
            send(slot, at: now)
        } else if running == 0 {
            result.seconds = Double(((now < end ? last : end) - begin).nanoseconds) / 1e9
            promise.succeed(result)
        }
    }

    private func send(_ slot: Int, at now: NIODeadline) {
        sent[slot] = now
        started += 1
        running += 1
        let payload = plan.payloads[next]
        next = next + 1 == plan.payloads.count ? 0 : next + 1
        _ = payload.withUnsafeBytes { client.call(plan.path, payload: $0, token: UInt64(slot), receiver: self) }
    }
}
