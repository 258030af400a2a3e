public import Logging
public import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// What is read again on SIGHUP: policy, certificates, deny list. Each action stands for itself: one that fails is logged,
/// leaves its part as it was, and does not keep the others from running.
public final class ReloadActions: Service {
    public typealias Action = @Sendable () async throws -> Void

    private let actions = Mutex<[(name: String, action: Action)]>([])
    private let logger: Logger

    public init(logger: Logger) { self.logger = logger }

    public func add(_ name: String, _ action: @escaping Action) {
        actions.withLock { $0.append((name, action)) }
    }

    /// Runs all actions in the order in which they were added.
    public func reload() async {
        for (name, action) in actions.withLock({ $0 }) {
            do {
                try await action()
                logger.notice("reloaded", metadata: ["part": "\(name)"])
            } catch {
                logger.error("reload refused; the old one stays", metadata: ["part": "\(name)", "error": "\(error)"])
            }
        }
    }

    public func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            await reload()
        }
    }
}
