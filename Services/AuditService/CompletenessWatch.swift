import Logging
import ServiceLifecycle

/// Looks again and again for epochs that should have been closed or continued, or that are not what key management has heard
/// of them.
struct CompletenessWatch: Service {
    private static let beat = Duration.seconds(60)

    let log: EventLog
    /// Without a block of an open epoch, after which its producer is stale; or without one that key management has heard of.
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
            let silence = silence.components.seconds * 1_000_000
            for finding in try await log.findIncomplete(silence: silence) {
                tell(finding.kind, finding.producer, "\(finding.sequence)")
            }
            for finding in try await log.compareWithWitness(patience: silence) {
                tell(finding.kind.rawValue, finding.producer, "\(finding.sequence)")
            }
        } catch {
            logger.warning("the log's completeness is not known", metadata: ["error": "\(error)"])
        }
    }

    private func tell(_ kind: String, _ producer: String, _ block: String) {
        logger.error(
            "the log is not complete",
            metadata: ["finding": "\(kind)", "producer": "\(producer)", "block": "\(block)"])
    }
}
