import FieldsealAlerts
import Logging
import ServiceLifecycle

/// Makes the months of the log ahead, and archives the oldest ones.
struct RetentionService: Service {
    private static let beat = Duration.seconds(60)
    /// After a failure: what cannot be dropped was written before.
    private static let pause = Duration.seconds(600)

    let log: EventLog
    let owner: LogOwner
    /// Nil: everything stays in the database.
    let archivist: Archivist?
    let alerts: AlertRaiser
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isTended = await tendOrTell()
                try? await Task.sleep(for: isTended ? Self.beat : Self.pause)
            }
        }
    }

    /// Does what is due, and tells administrators where that fails.
    @discardableResult
    func tendOrTell() async -> Bool {
        do {
            try await tend()
            return true
        } catch {
            guard !Task.isCancelled else { return false }
            logger.error("the log's months are not tended", metadata: ["error": "\(error)"])
            await alerts.raise(
                Alert(
                    .retentionFailed, .warning,
                    text: "The months of the audit log are not made or archived; the service's log says why."))
            return false
        }
    }

    private func tend() async throws {
        if try await log.lacksMonths() {
            let made = try await owner.withPool { try await EventLog.makeMonths(around: log.clock(), by: $0) }
            if !made.isEmpty {
                logger.notice("made months of the log ahead", metadata: ["through": "\(made[made.count - 1])"])
            }
        }
        while let archivist, try await archivist.archiveNext() != nil, !Task.isCancelled {}
    }
}
