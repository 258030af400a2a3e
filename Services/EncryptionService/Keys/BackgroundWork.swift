import ServiceLifecycle
import Synchronization

/// Runs what event loops hand over: child tasks of one service instead of tasks on their own.
final class BackgroundWork: Service, Sendable {
    typealias Job = @Sendable () async -> Void

    private let limit: Int
    private let open = Atomic(0)
    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation

    /// - Parameter limit: jobs that wait or run.
    init(limit: Int = 8_192) {
        self.limit = limit
        (jobs, queue) = AsyncStream.makeStream()
    }

    /// Hands a job over, from any thread.
    /// - Returns: false where there are too many, or the service has stopped; the job will not run then.
    func submit(_ job: @escaping Job) -> Bool {
        guard open.add(1, ordering: .relaxed).newValue <= limit else {
            open.subtract(1, ordering: .relaxed)
            return false
        }
        if case .enqueued = queue.yield(job) { return true }
        open.subtract(1, ordering: .relaxed)
        return false
    }

    /// Runs jobs until the shutdown, and what was handed over before it to its end.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            await withTaskCancellationOrGracefulShutdownHandler {
                for await job in jobs {
                    group.addTask {
                        await job()
                        self.open.subtract(1, ordering: .relaxed)
                    }
                }
            } onCancelOrGracefulShutdown: {
                self.queue.finish()
            }
        }
    }
}
