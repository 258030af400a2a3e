internal import FieldsealRPC
internal import Logging
internal import NIOCore
internal import Synchronization

/// One place for a connection in a pool: its address, its event loop, and the connection when there is one.
///
/// Sendable: what is not constant or atomic is touched on the event loop alone.
final class PoolSlot: @unchecked Sendable {
    enum Availability: UInt8, AtomicRepresentable {
        case ready
        case idle
        case paused
    }

    private enum State {
        case idle
        case connecting
        case ready(LoopClient, renewal: NIODeadline)
        /// No attempt before this time; the last one failed with the status.
        case paused(NIODeadline, RPCStatus)
        case closed
    }

    let index: Int
    let target: RPCTarget
    let eventLoop: any EventLoop
    let availability = Atomic(Availability.idle)
    private let pool: ConnectionPool
    private var state = State.idle
    private var waiting: [PooledCall] = []
    private var backoff: Backoff
    private var random = SystemRandomNumberGenerator()

    init(index: Int, target: RPCTarget, eventLoop: any EventLoop, pool: ConnectionPool) {
        (self.index, self.target, self.eventLoop, self.pool) = (index, target, eventLoop, pool)
        let range = pool.limits.backoff
        backoff = Backoff(max(1, range.lowerBound.nanoseconds)...max(1, range.upperBound.nanoseconds))
    }

    func start(_ call: PooledCall) {
        eventLoop.execute { [self] in enqueue(call) }
    }

    func cancel(_ call: PooledCall) {
        eventLoop.execute { [self] in
            waiting.removeAll { $0 === call }
            call.client?.abandon(call.stream)
            call.client = nil
            call.finish(.failure(.cancelled))
            admitWaiting()
        }
    }

    /// A call of this slot has its result: another may take its place.
    func callEnded() {
        if !waiting.isEmpty { eventLoop.execute { [self] in admitWaiting() } }
    }

    private func enqueue(_ call: PooledCall) {
        guard !call.isFinished else { return }
        switch state {
        case .closed: return call.finish(.failure(.shutDown))
        case .paused(let until, let status):
            guard eventLoop.now >= until else { return pool.failed(call, on: self, status) }
            wait(call)
            connect()
        case .idle:
            wait(call)
            connect()
        case .connecting: wait(call)
        case .ready(let client, let renewal):
            let connection = client.connection
            if eventLoop.now >= renewal || connection.streams.isExhausted || connection.isClosed {
                connection.drain()
                wait(call)
                connect()
            } else if waiting.isEmpty, client.callsInFlight < pool.limits.streams {
                send(call, on: client)
            } else {
                wait(call)
            }
        }
    }

    private func wait(_ call: PooledCall) {
        waiting.append(call)
        guard let deadline = call.deadline else { return }
        call.timer = eventLoop.scheduleTask(deadline: deadline) { [self] in
            waiting.removeAll { $0 === call }
            call.finish(.failure(.deadlineExceeded))
        }
    }

    private func send(_ call: PooledCall, on client: LoopClient) {
        call.timer?.cancel()
        call.timer = nil
        let stream = call.payload.withUnsafeBytes { payload in
            switch call.form {
            case .unary:
                client.call(
                    call.path, payload: payload, metadata: call.metadata, deadline: call.deadline, token: 0,
                    receiver: call)
            case .serverStreaming:
                client.stream(
                    call.path, payload: payload, metadata: call.metadata, deadline: call.deadline, token: 0,
                    receiver: call)
            }
        }
        guard let stream else { return }
        (call.client, call.stream) = (client, stream)
        client.connection.scheduleFlush()
    }

    private func admitWaiting() {
        guard case .ready(let client, _) = state else { return }
        while !waiting.isEmpty, client.callsInFlight < pool.limits.streams { send(waiting.removeFirst(), on: client) }
    }

    private func connect() {
        state = .connecting
        availability.store(.idle, ordering: .relaxed)
        LoopClient.connect(
            to: target, tls: pool.tls, limits: pool.limits, on: eventLoop, wallClock: pool.wallClock
        ).whenComplete { [self] result in
            switch result {
            case .success(let client): connected(client.value)
            case .failure(let error): attemptFailed(error as? RPCStatus ?? target.failure(error))
            }
        }
    }

    private func connected(_ client: LoopClient) {
        if case .closed = state { return client.close() }
        let lifetime = pool.limits.lifetime
        let cut = Int64.random(in: 0...max(0, lifetime.nanoseconds / 10), using: &random)
        state = .ready(client, renewal: eventLoop.now + lifetime - .nanoseconds(cut))
        availability.store(.ready, ordering: .relaxed)
        let bound = NIOLoopBound(client, eventLoop: eventLoop)
        client.closed.whenComplete { [weak self] _ in self?.connectionEnded(bound.value) }
        admitWaiting()
    }

    private func connectionEnded(_ client: LoopClient) {
        guard case .ready(let current, _) = state, current === client else { return }
        if client.connection.hasAnswered || client.connection.isDraining {
            backoff.attemptSucceeded()
            state = .idle
            availability.store(.idle, ordering: .relaxed)
        } else {
            attemptFailed(.unavailable("no connection to \(target): the server closed it"))
        }
        if !waiting.isEmpty, case .idle = state { connect() }
    }

    private func attemptFailed(_ status: RPCStatus) {
        if case .closed = state { return }
        let pause = backoff.attemptFailed(using: &random)
        state = .paused(eventLoop.now + .nanoseconds(pause), status)
        availability.store(.paused, ordering: .relaxed)
        pool.logger.info("no connection", metadata: ["address": "\(target)", "cause": "\(status.message)"])
        let calls = waiting
        waiting = []
        for call in calls { pool.failed(call, on: self, status) }
    }

    /// Replaces the connection, if there is one, when it is needed next.
    func renew() {
        eventLoop.execute { [self] in
            switch state {
            case .ready(let client, _):
                state = .idle
                client.connection.drain()
            case .paused: state = .idle
            default: return
            }
            availability.store(.idle, ordering: .relaxed)
        }
    }

    /// Takes no further calls; the future completes when the connection has ended.
    func close() -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            let old = state
            state = .closed
            let calls = waiting
            waiting = []
            for call in calls { call.finish(.failure(.shutDown)) }
            guard case .ready(let client, _) = old else { return eventLoop.makeSucceededVoidFuture() }
            client.connection.drain()
            return client.closed
        }
    }
}
