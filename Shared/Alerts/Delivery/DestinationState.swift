internal import FieldsealPostgres

/// How far a destination has come: a row of `alert_destinations`.
struct DestinationState: Equatable, Sendable {
    let name: String
    /// Alerts up to here were delivered, dropped or given up.
    var position: Int64
    /// Attempts in a row that failed.
    var failures: Int
    var nextAttemptUnixUs: Int64?
    var claimedUntilUnixUs: Int64?
    var rate: DeliveryRate
    /// Dropped since the last delivery.
    var suppressed: Int64
    var dropped: Int64
    var givenUp: Int64

    /// What is to be done about the oldest alert that has not been settled.
    enum Step: Equatable {
        case send
        /// The destination has had too many.
        case drop
        /// It is too old, and the destination fails.
        case giveUp
    }

    /// Nil while the destination rests or another replica is at it; the time is when to look again.
    func restsUntil(nowUnixUs now: Int64) -> Int64? {
        [nextAttemptUnixUs, claimedUntilUnixUs].compactMap(\.self).filter { $0 > now }.max()
    }

    mutating func step(for notice: AlertNotice, nowUnixUs now: Int64, policy: DeliveryPolicy) -> Step {
        if failures > 0, now - notice.raisedUnixUs > policy.maximumAge {
            position = notice.position
            givenUp += 1
            return .giveUp
        }
        // A failed attempt has paid for the next. Critical alerts need no token, yet take one.
        if failures == 0, !rate.take(nowUnixUs: now, policy: policy), notice.alert.severity < .critical {
            position = notice.position
            dropped += 1
            suppressed += 1
            return .drop
        }
        return .send
    }
}

extension DestinationState {
    static func load(
        _ name: String, nowUnixUs now: Int64, policy: DeliveryPolicy, in transaction: PostgresConnection
    ) async throws -> DestinationState {
        // A destination that is seen for the first time starts with what is raised from now on.
        try await transaction.query(
            """
            INSERT INTO alert_destinations (name, position, tokens, tokens_at)
            VALUES (
                \(name), coalesce((SELECT max(position) FROM alerts), 0), \(policy.burst),
                \(PostgresTimestamp(unixMicroseconds: now)))
            ON CONFLICT (name) DO NOTHING
            """)
        let row = try await transaction.query(
            """
            SELECT position, failures, next_attempt_at, claimed_until, tokens, tokens_at, suppressed, dropped, given_up
            FROM alert_destinations WHERE name = \(name) FOR UPDATE
            """
        ).single()
        func time(_ column: String) throws -> Int64? {
            try row.optional(column, as: PostgresTimestamp.self)?.unixMicroseconds
        }
        return DestinationState(
            name: name, position: try row.value("position"), failures: try row.value("failures"),
            nextAttemptUnixUs: try time("next_attempt_at"), claimedUntilUnixUs: try time("claimed_until"),
            rate: DeliveryRate(tokens: try row.value("tokens"), atUnixUs: try time("tokens_at") ?? now),
            suppressed: try row.value("suppressed"), dropped: try row.value("dropped"),
            givenUp: try row.value("given_up"))
    }

    /// Writes what `step` changed, and the claim of whoever sends next.
    func save(claim: PostgresUUID?, until: Int64?, in transaction: PostgresConnection) async throws {
        try await transaction.query(
            """
            UPDATE alert_destinations SET
                position = \(position), tokens = \(rate.tokens),
                tokens_at = \(PostgresTimestamp(unixMicroseconds: rate.atUnixUs)), suppressed = \(suppressed),
                dropped = \(dropped), given_up = \(givenUp), claim = \(claim),
                claimed_until = \(until.flatMap { PostgresTimestamp(unixMicroseconds: $0) })
            WHERE name = \(name)
            """)
    }
}
