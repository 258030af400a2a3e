internal import Glibc
internal import Synchronization

/// A thread that owns one session: it connects, carries out jobs in order, and ends when it is told to or when the
/// connection breaks.
final class ConnectionThread: Sendable {
    typealias Job = @Sendable (Swift.Result<Session, PostgresError>) -> Void

    enum Status: UInt8, AtomicRepresentable {
        case connecting, idle, inTransaction, ended
    }

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
        var current: Cancellation?
    }

    let configuration: PostgresConfiguration
    private let wakeup: Wakeup
    private let state = Mutex(State())
    private let published = Atomic(Status.connecting)
    private let identity = Atomic(UInt(0))
    /// Touched on the thread alone.
    nonisolated(unsafe) private var session: Session?

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        wakeup = try Wakeup()
    }

    var status: Status { published.load(ordering: .acquiring) }
    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// What happens on the thread, told to its owner there.
    struct Events: Sendable {
        var connected: @Sendable () -> Void
        /// Answers how long to wait before the next attempt, or nil to give up.
        var failed: @Sendable (PostgresError) -> Duration?
        /// Between two jobs the server said something.
        var notified: @Sendable ([PostgresNotification]) -> Void = { _ in }
        /// The last one.
        var ended: @Sendable () -> Void
    }

    func start(_ events: Events) throws(PostgresError) {
        try startThread(name: "postgres") { [self] in
            identity.store(UInt(pthread_self()), ordering: .relaxed)
            if let session = connect(events.failed) {
                publish(session)
                events.connected()
                serve(session, events.notified)
            }
            finish()
            events.ended()
        }
    }

    /// Ends the thread after the jobs that it has, or at once, cancelling the statement that runs.
    func close(atOnce: Bool = false) {
        state.withLock { state in
            state.isClosed = true
            if atOnce { state.current?.request() }
        }
        wakeup.signal()
    }

    /// Carries out `body` on the thread: at once where the task runs there already. Cancelling the task cancels the
    /// statement, unless it is `uncancellable`.
    func perform<Value: Sendable>(
        uncancellable: Bool = false,
        _ body: @escaping @Sendable (Session, Cancellation) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let cancellation = Cancellation()
        let outcome: Swift.Result<Value, PostgresError> = await withTaskCancellationHandler {
            if isCurrent, let session { return carryOut(body, on: .success(session), cancellation) }
            return await withCheckedContinuation { continuation in
                submit { session in
                    continuation.resume(returning: self.carryOut(body, on: session, cancellation))
                }
            }
        } onCancel: {
            guard !uncancellable else { return }
            cancellation.request()
            wakeup.signal()
        }
        return try outcome.get()
    }

    private func carryOut<Value>(
        _ body: (Session, Cancellation) throws(PostgresError) -> Value,
        on session: Swift.Result<Session, PostgresError>,
        _ cancellation: Cancellation
    ) -> Swift.Result<Value, PostgresError> {
        do throws(PostgresError) {
            let session = try session.get()
            guard session.isUsable else { throw PostgresError(.connectionLost) }
            state.withLock { $0.current = cancellation }
            defer {
                state.withLock { $0.current = nil }
                publish(session)
            }
            return .success(try body(session, cancellation))
        } catch {
            return .failure(error)
        }
    }

    func submit(_ job: @escaping Job) {
        if !accepts(job) { job(.failure(PostgresError(.connectionLost))) }
    }

    private func accepts(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state in
            guard !state.isClosed else { return false }
            state.jobs.append(job)
            return true
        }
        if accepted { wakeup.signal() }
        return accepted
    }

    // MARK: On the thread

    private var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func connect(_ failed: (PostgresError) -> Duration?) -> Session? {
        while !isClosed {
            do throws(PostgresError) {
                let options = try configuration.options()
                return try Session(options: options, statementTimeout: configuration.statementTimeout, wakeup: wakeup)
            } catch {
                guard let pause = failed(error) else { return nil }
                waitForWakeup(pause)
            }
        }
        return nil
    }

    private func serve(_ session: Session, _ notified: ([PostgresNotification]) -> Void) {
        self.session = session
        defer { self.session = nil }
        while session.isUsable {
            let notifications = session.takeNotifications()
            if !notifications.isEmpty { notified(notifications) }
            let job: Job? = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
            if let job {
                job(.success(session))
            } else if isClosed {
                return
            } else {
                session.waitWhileIdle()
            }
        }
    }

    private func finish() {
        published.store(.ended, ordering: .releasing)
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in left { job(.failure(PostgresError(.connectionLost))) }
    }

    private func publish(_ session: Session) {
        let status: Status = !session.isUsable ? .ended : session.isIdle ? .idle : .inTransaction
        published.store(status, ordering: .releasing)
    }

    private func waitForWakeup(_ pause: Duration) {
        var descriptor = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, pause.milliseconds)
        wakeup.drain()
    }
}

/// A task that prefers the thread runs there between its statements too, so that none of them waits for two threads to wake.
extension ConnectionThread: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let runs = accepts { [self] _ in job.runSynchronously(on: asUnownedTaskExecutor()) }
        // The thread has ended, the task has not.
        if !runs { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
    }
}
