internal import Logging
internal import Synchronization

/// Keeps one listening connection alive.
final class Listener: Sendable {
    private struct State {
        var thread: ConnectionThread?
        var isStopped = false
        var failures = 0
    }

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let continuation: AsyncStream<PostgresNotification>.Continuation
    private let logger: Logger
    private let state = Mutex(State())

    init(
        configuration: PostgresConfiguration, channels: [String],
        continuation: AsyncStream<PostgresNotification>.Continuation, logger: Logger
    ) {
        self.configuration = configuration
        self.channels = channels
        self.continuation = continuation
        self.logger = logger
    }

    func start() {
        do throws(PostgresError) {
            let thread = try ConnectionThread(configuration)
            let isStopped = state.withLock { state in
                state.thread = thread
                return state.isStopped
            }
            guard !isStopped else { return }
            try thread.start(
                .init(
                    connected: { [self] in listen(thread) }, failed: { [self] in failed($0) },
                    notified: { [continuation] in $0.forEach { continuation.yield($0) } },
                    ended: { [self] in restart() }))
        } catch {
            logger.error("no thread to listen to the database", metadata: ["error": "\(error)"])
            continuation.finish()
        }
    }

    func stop() {
        let thread = state.withLock { state in
            state.isStopped = true
            return state.thread
        }
        thread?.close()
    }

    private func listen(_ thread: ConnectionThread) {
        let script = channels.map { "LISTEN \(PostgresQuery.quoted($0))" }.joined(separator: ";")
        thread.submit { [self] outcome in
            guard let session = try? outcome.get() else { return }
            do throws(PostgresError) {
                _ = try session.script(script, timeout: .seconds(10), cancellation: nil)
                state.withLock { $0.failures = 0 }
                continuation.yield(.listening)
            } catch {
                session.abandon()
            }
        }
    }

    private func failed(_ error: PostgresError) -> Duration? {
        let (failures, isStopped) = state.withLock { state in
            state.failures += 1
            return (state.failures, state.isStopped)
        }
        guard !isStopped else { return nil }
        if failures == 1 { logger.warning("database cannot be listened to", metadata: ["error": "\(error)"]) }
        let ceiling = min(2000, 50 << min(failures, 6))
        return .milliseconds(Int.random(in: ceiling / 2...ceiling))
    }

    private func restart() {
        if !state.withLock({ $0.isStopped }) { start() }
    }
}
