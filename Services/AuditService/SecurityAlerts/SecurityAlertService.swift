import Logging
import ServiceLifecycle

/// Has the rules look at the log whenever it has grown, and every few seconds besides.
struct SecurityAlertService: Service {
    /// Between two looks, so that many events are judged in one transaction.
    private static let pause = Duration.seconds(1)

    let follower: SecurityFollower
    let watch: LogWatch
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // None where the server is stopping already.
            guard let wakes = try? watch.wakes() else { return }
            var isFailing = false
            for await _ in wakes {
                do {
                    while try await follower.follow() {}
                    isFailing = false
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.log(
                        level: isFailing ? .debug : .warning, "the log is not watched now; nothing is lost",
                        metadata: ["error": "\(error)"])
                    isFailing = true
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        // The wakes end where the server stops; a service that ends would end the process.
        try? await gracefulShutdown()
    }
}
