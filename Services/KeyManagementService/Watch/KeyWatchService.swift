import FieldsealPostgres
import Logging
import ServiceLifecycle

/// Follows the store for all streams of this replica: it reads what changed when the service is unsealed, when PostgreSQL
/// notifies, and at each beat, since a notification only wakes and may be lost.
///
/// A beat passes on a sign of life only where the store could be read: who hears none knows nothing of it.
struct KeyWatchService: Service {
    private static let pageLimit = 500
    /// Beats between two rounds of care for the tables.
    private static let careInterval = 6

    private enum Wake { case changed, acknowledged, beat }

    let authority: KeyAuthority
    /// Time between two signs of life.
    var beat = Duration.seconds(5)

    private var watch: KeyWatch { authority.watch }

    func run() async throws {
        let (wakes, continuation) = AsyncStream<Wake>.makeStream(bufferingPolicy: .bufferingNewest(64))
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await listen(continuation) }
                group.addTask { for await _ in watch.openings { continuation.yield(.changed) } }
                group.addTask {
                    continuation.yield(.beat)
                    while (try? await Task.sleep(for: beat)) != nil { continuation.yield(.beat) }
                    continuation.finish()
                }
                var beats = 0
                for await wake in wakes {
                    switch wake {
                    case .changed: await look()
                    case .acknowledged: watch.wakeAcknowledged()
                    case .beat:
                        await look()
                        // Also for those who wait: a notification may have been lost.
                        watch.wakeAcknowledged()
                        if beats % Self.careInterval == 0 { await care() }
                        beats += 1
                    }
                }
                group.cancelAll()
            }
        }
        watch.close()
    }

    private func listen(_ wakes: AsyncStream<Wake>.Continuation) async {
        let channels = [StoreWriter.noticeChannel, KeyAuthority.acknowledgementChannel]
        for await notification in authority.pool.notifications(on: channels) {
            switch notification {
            case .listening: wakes.yield(.changed)
            case .notified(let channel, _):
                wakes.yield(channel == StoreWriter.noticeChannel ? .changed : .acknowledged)
            }
        }
    }

    /// Reads what is new and wakes the streams; where that fails nobody is woken.
    func look() async {
        do {
            var known = watch.newest
            while true {
                let start = try await start(after: known)
                let (newest, changes) = try await authority.keyChanges(after: start, limit: Self.pageLimit)
                watch.advance(to: newest, changes)
                known = watch.newest
                if changes.count < Self.pageLimit { break }
            }
            watch.wake()
        } catch {
            let failure = KeyServiceError(error)
            if failure.code == .dataLoss {
                authority.logger.error("changes of keys cannot be followed", metadata: ["error": "\(failure)"])
            }
            if failure == .sealed { watch.close() }
        }
    }

    /// The first look takes what fits into memory.
    private func start(after known: UInt64?) async throws -> UInt64 {
        if let known { return known }
        let newest = try await authority.read { try await $0.revision().revision }
        return newest > UInt64(Self.pageLimit) ? newest - UInt64(Self.pageLimit) : 0
    }

    /// Keeps the tables short and the watchers' signs of life fresh.
    func care() async {
        do {
            try await authority.careForWatchers(following: watch.replicas)
            try await authority.pruneKeyChanges()
        } catch {
            let failure = KeyServiceError(error)
            guard failure != .sealed else { return }
            authority.logger.warning("watchers were not cared for", metadata: ["error": "\(failure)"])
        }
    }
}
