import Logging
import ServiceLifecycle

/// The beat of the checkpoints.
struct CheckpointService: Service {
    let notary: Notary
    let memory: HeadMemory
    let beat: Duration
    let logger: Logger

    /// Compares the log with its newest checkpoint and with what witnesses know, as far as they answer; only then are blocks
    /// taken.
    func begin() async throws {
        do {
            try await notary.attest()
        } catch is TreeProblem {
            // The log is refused, and can still be read.
        }
        memory.release()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isFailing = false
            while (try? await Task.sleep(for: beat)) != nil {
                guard (try? memory.checkOpen()) != nil else { continue }
                do {
                    try await notary.attest()
                    if isFailing { logger.notice("checkpoints are made again") }
                    isFailing = false
                } catch {
                    logger.log(
                        level: isFailing ? .debug : .error, "no checkpoint was made", metadata: ["error": "\(error)"])
                    isFailing = true
                }
            }
        }
    }
}
