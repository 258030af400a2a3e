public import FieldsealPostgres
public import Logging

/// Raises alerts where there is no transaction that they belong to, e.g. that a provider does not answer. Where the
/// database is away, the log is all there is.
public struct AlertRaiser: Sendable {
    let pool: PostgresPool
    let fold: Int64
    let logger: Logger
    let clock: @Sendable () -> Int64

    /// - Parameter clock: microseconds since 1970.
    public init(
        pool: PostgresPool, fold: Int64 = AlertQueue.standardFold, logger: Logger,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.pool = pool
        self.fold = fold
        self.logger = logger
        self.clock = clock
    }

    public func raise(_ alerts: Alert...) async {
        do {
            try await pool.withTransaction { transaction in
                try await AlertQueue.raise(alerts, unixMicroseconds: clock(), fold: fold, in: transaction)
            }
        } catch {
            for alert in alerts.map(\.cleaned) {
                LogDestination.log(alert, ["not queued": "\(error)"], to: logger)
            }
        }
    }
}
