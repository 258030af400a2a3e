import Logging
import ServiceLifecycle

/// Looks again and again for epochs that should have been closed or continued.
struct CompletenessWatch: Service {
    private static let beat = Duration.seconds(60)

    let log: EventLog
    /// Without a block of an open epoch, after which its producer is stale.
    let silence: Duration
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try? await Task.sleep(for: Self.beat)
            }
        }
    }

    private func look() async {
        do {
            for finding in try await log.findIncomplete(silence: silence.components.seconds * 1_000_000) {
                logger.error(
                    "the log is not complete",
                    metadata: [
                        "finding": "\(finding.kind)", "producer": "\(finding.producer)", "block": "\(finding.sequence)",
                    ])
            }
        } catch {
            logger.warning("the log's completeness is not known", metadata: ["error": "\(error)"])
        }
    }
}
