import FieldsealPostgres
import ServiceLifecycle
import Synchronization

/// Wakes those who tail the log, on one listening connection for all of them.
final class LogWatch: Service {
    /// Streams at a time.
    static let maximum = 256
    /// They look at the tables at least this often, whatever the notifications say.
    private static let beat = Duration.seconds(5)

    private struct State {
        var isOver = false
        var next: UInt64 = 0
        var watchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    private let pool: PostgresPool
    private let state = Mutex(State())

    init(pool: PostgresPool) { self.pool = pool }

    /// One element at once, then one whenever there may be something new, until the service stops.
    /// - Throws: `tooManyTails`.
    func wakes() throws(AuditServiceError) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id: UInt64? = state.withLock { state in
            guard state.watchers.count < Self.maximum, !state.isOver else { return nil }
            state.next += 1
            state.watchers[state.next] = continuation
            return state.next
        }
        guard let id else { throw .tooManyTails }
        continuation.onTermination = { [self] _ in state.withLock { $0.watchers[id] = nil } }
        continuation.yield()
        return stream
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in self.pool.notifications(on: [EventLog.channel]) { self.wake() }
                }
                while (try? await Task.sleep(for: Self.beat)) != nil { self.wake() }
                group.cancelAll()
            }
        }
        let watchers = state.withLock { state in
            state.isOver = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }

    private func wake() {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield() }
    }
}
