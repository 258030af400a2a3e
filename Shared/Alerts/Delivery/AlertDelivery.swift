public import FieldsealPostgres
public import Logging

/// Brings alerts from the queue to their destinations: in order, at least once each, by one replica at a time.
///
/// Who sends holds a claim on the destination, not a connection: a destination that hangs holds up nobody else. An alert
/// that was sent by a replica which then crashed is sent again under the same identifier once the claim has lapsed.
public struct AlertDelivery: Sendable {
    public let destinations: [any AlertDestination]
    let pool: PostgresPool
    let policy: DeliveryPolicy
    let logger: Logger
    let clock: @Sendable () -> Int64
    let random: @Sendable (ClosedRange<Int64>) -> Int64

    /// - Parameters:
    ///   - clock: microseconds since 1970.
    ///   - random: a number of a range, for the spread of pauses.
    public init(
        _ destinations: [any AlertDestination], pool: PostgresPool, policy: DeliveryPolicy = DeliveryPolicy(),
        logger: Logger, clock: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { Int64.random(in: $0) }
    ) {
        self.destinations = destinations
        self.pool = pool
        self.policy = policy
        self.logger = logger
        self.clock = clock
        self.random = random
    }

    /// Once what all replicas do again and again: ends windows, clears away old alerts, and delivers what is due.
    public func tick() async throws {
        try await tidy()
        for destination in destinations { _ = try await deliver(to: destination) }
    }

    /// Ends windows, and deletes what is past its retention.
    func tidy() async throws {
        let now = clock()
        try await pool.withTransaction { transaction in
            let released = try await AlertQueue.release(
                unixMicroseconds: now, fold: policy.fold, in: transaction)
            try await transaction.query(
                """
                DELETE FROM alerts
                WHERE raised_at < \(PostgresTimestamp(unixMicroseconds: now - policy.retention))
                """)
            if released > 0 { try await transaction.notify(AlertQueue.channel) }
        }
    }

    /// Sends all that is due to one destination.
    ///
    /// - Returns: while it rests, until when.
    @discardableResult
    func deliver(to destination: any AlertDestination) async throws -> Int64? {
        while !Task.isCancelled {
            switch try await claim(destination) {
            case .nothing: return nil
            case .later(let time): return time
            case .more: continue
            case .send(let notice, let claim):
                let failure: DeliveryFailure?
                do throws(DeliveryFailure) {
                    try await destination.send(notice)
                    failure = nil
                } catch {
                    failure = error
                }
                try await settle(notice, claim, failure, destination)
            }
        }
        return nil
    }

    private enum Work: Sendable {
        case nothing
        case later(unixUs: Int64)
        /// Something was settled without sending it.
        case more
        case send(AlertNotice, claim: PostgresUUID)
    }

    private func claim(_ destination: any AlertDestination) async throws -> Work {
        let now = clock()
        let work = try await pool.withTransaction { transaction -> (Work, DestinationState.Step?, AlertNotice?) in
            var state = try await DestinationState.load(
                destination.name, nowUnixUs: now, policy: policy, in: transaction)
            if let time = state.restsUntil(nowUnixUs: now) { return (.later(unixUs: time), nil, nil) }
            guard var notice = try await next(after: &state, for: destination, transaction) else {
                try await state.save(claim: nil, until: nil, in: transaction)
                return (.nothing, nil, nil)
            }
            let step = state.step(for: notice, nowUnixUs: now, policy: policy)
            guard step == .send else {
                try await state.save(claim: nil, until: nil, in: transaction)
                return (.more, step, notice)
            }
            let claim = PostgresUUID(rawValue: UInt128.random(in: 0 ... .max))
            notice.suppressed = state.suppressed
            try await state.save(claim: claim, until: now + DeliveryPolicy.claim, in: transaction)
            return (.send(notice, claim: claim), step, notice)
        }
        if work.1 == .giveUp, let notice = work.2 { reportGivenUp(notice, destination) }
        if work.1 == .drop, let notice = work.2 {
            logger.warning(
                "too many alerts; one is left out",
                metadata: ["destination": "\(destination.name)", "id": "\(notice.id)"])
        }
        return work.0
    }

    /// The oldest alert that the destination wants; `state` moves past those that it does not.
    private func next(
        after state: inout DestinationState, for destination: any AlertDestination, _ transaction: PostgresConnection
    ) async throws -> AlertNotice? {
        let rows = try await transaction.query(
            """
            SELECT \(AlertNotice.columns) FROM alerts WHERE position > \(state.position) ORDER BY position LIMIT 500
            """)
        for row in rows {
            if let notice = try AlertNotice(row), notice.alert.severity >= destination.minimumSeverity { return notice }
            state.position = try row.value("position")
        }
        return nil
    }

    private func settle(
        _ notice: AlertNotice, _ claim: PostgresUUID, _ failure: DeliveryFailure?, _ destination: any AlertDestination
    ) async throws {
        let now = clock()
        guard let failure else {
            try await pool.query(
                """
                UPDATE alert_destinations SET
                    position = \(notice.position), failures = 0, next_attempt_at = NULL, last_error = NULL, claim = NULL,
                    claimed_until = NULL, delivered = delivered + 1, suppressed = suppressed - \(notice.suppressed),
                    delivered_at = \(PostgresTimestamp(unixMicroseconds: now))
                WHERE name = \(destination.name) AND claim = \(claim)
                """)
            return
        }
        let rows = try await pool.query(
            "SELECT failures FROM alert_destinations WHERE name = \(destination.name) AND claim = \(claim)")
        // Another replica took over when the claim had lapsed.
        guard let row = rows.first else { return }
        let failures = try row.value("failures", as: Int.self) + 1
        let pause = policy.pause(failures: failures, code: failure.code, random: random)
        let isGivenUp = now - notice.raisedUnixUs > policy.maximumAge
        try await pool.query(
            """
            UPDATE alert_destinations SET
                position = CASE WHEN \(isGivenUp) THEN \(notice.position) ELSE position END,
                given_up = CASE WHEN \(isGivenUp) THEN given_up + 1 ELSE given_up END,
                failures = \(Int32(clamping: failures)), last_error = \(failure.code.rawValue), claim = NULL,
                claimed_until = NULL, next_attempt_at = \(PostgresTimestamp(unixMicroseconds: now + pause))
            WHERE name = \(destination.name) AND claim = \(claim)
            """)
        logger.warning(
            "an alert was not delivered",
            metadata: [
                "destination": "\(destination.name)", "id": "\(notice.id)", "reason": "\(failure)",
                "failures": "\(failures)", "next attempt in seconds": "\(pause / DeliveryPolicy.second)",
            ])
        if isGivenUp { reportGivenUp(notice, destination) }
    }

    private func reportGivenUp(_ notice: AlertNotice, _ destination: any AlertDestination) {
        logger.critical(
            "an alert was given up: its destination did not take it in time",
            metadata: [
                "destination": "\(destination.name)", "id": "\(notice.id)", "alert": "\(notice.alert.kind.rawValue)",
                "object": "\(notice.alert.object)", "text": "\(notice.line)",
            ])
    }
}
